"""An ONNX file becomes an artefact: read, its axes bound, its data merged into it, proved to load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.convert.onnx_axes import bind
from edgeprof.convert.ort import first_line, plain_session
from edgeprof.convert.parity import VARYING
from edgeprof.convert.passes import passes_for_card, tidy
from edgeprof.convert.product import Product
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.references import reference
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Tensor

ONE_FILE_BYTES = 2 << 30  # protobuf's limit on one message
# Without a double precision source: what the reordered sums of a deep fp32 network were seen to differ by.
_TOLERANCE = {"fp32": 1e-3, "fp16": 2e-2, "int8": 1e-1}
_SHAPE_BY_VALUE = {"NonMaxSuppression", "NonZero", "Unique", "Compress", "Loop", "StringSplit"}


def convert(name: str, recipe: Recipe, folder: Path, say: Callable[[str], None]) -> Product:
    _refuse_torch_options(recipe)
    say("reading the file")
    path = Path(name).absolute()
    model = _read(path)
    parts = [path, *_merge_external_data(model, path.parent)]
    inputs, notes = bind(model, recipe)
    made = folder / "model.onnx"
    _write(model, made)
    say("checking the file")
    session = plain_session(made)
    say("computing the reference")
    names = [output.name for output in session.get_outputs()]
    seen = reference(inputs, lambda _: names, dict(recipe.inputs), folder, partial(_infer, session, names))
    outputs = _outputs(model, seen.outputs)
    changed = tidy(model)  # after the reference, which is of the graph as it was given
    if any(changed.values()):
        _write(model, made)
        plain_session(made)
    precision = _precision(model)
    artefact = Artefact(
        model=name,
        source="onnx",
        form="onnx",
        path=made.name,
        digest=digest_of_file(made),
        size_bytes=made.stat().st_size,
        precision=precision,
        inputs=tuple(inputs),
        outputs=outputs,
        references=seen.references,
        tolerance=_TOLERANCE[precision],
        sensitivity=seen.sensitivity,
        notes=(*notes, *_varying_notes(outputs)),
        card={**_card(model), "graph": precision, **passes_for_card(changed)},
    )
    return Product(artefact, tuple(str(part) for part in parts))


def opset_of(model: Any) -> int:
    """The version of ONNX's own operators that the file says it is written in."""
    return max((int(o.version) for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)


def _refuse_torch_options(recipe: Recipe) -> None:
    if recipe.form != "onnx":
        raise ConfigError("the torch runtime cannot execute an .onnx file", "name a timm model, or another --runtime")
    if recipe.weights != "random":
        raise ConfigError("an .onnx file has its own weights", "leave --weights out", where="--weights")


def _read(path: Path) -> Any:
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise ConfigError(f'"{path}" cannot be read: {error.strerror}') from error
    except Exception as error:  # protobuf's own, by a name that has moved
        raise ConvertError(f'"{path}" is not a whole ONNX file: {first_line(error)}', "export it again") from error
    if not model.graph.node or not model.graph.output:
        raise ConvertError(f'"{path}" is not a whole ONNX file: its graph is empty', "export it again")
    return model


def _merge_external_data(model: Any, folder: Path) -> list[Path]:
    """Load the data that lies in other files; which files those are."""
    from onnx.external_data_helper import load_external_data_for_model, uses_external_data

    needed: dict[Path, int] = {}
    for tensor in _tensors(model.graph):
        if uses_external_data(tensor):
            where = {entry.key: entry.value for entry in tensor.external_data}
            path = folder / where.get("location", "")
            end = int(where.get("offset", 0)) + int(where.get("length", 0))
            needed[path] = max(end, needed.get(path, 0))
    for path, size in needed.items():
        if not path.is_file():
            raise ConvertError(
                f'the weights lie in "{path.name}", which is not there', f"put it beside the model: {path}"
            )
        if path.stat().st_size < size:
            raise ConvertError(
                f'"{path.name}" has {path.stat().st_size} bytes, the model needs {size}', "copy it again"
            )
    if sum(path.stat().st_size for path in needed) >= ONE_FILE_BYTES:
        raise ConvertError(
            "the weights do not fit into one ONNX file, which holds 2 GiB at most", "use a smaller model"
        )
    if needed:
        try:
            load_external_data_for_model(model, str(folder))
        except Exception as error:
            raise ConvertError(f"the external data cannot be read: {first_line(error)}") from error
    return list(needed)


def _tensors(graph: Any) -> Iterator[Any]:
    """Every tensor of the graph, those in attributes and in branches too."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in [attribute.g, *attribute.graphs]:
                yield from _tensors(inner)


def _write(model: Any, path: Path) -> None:
    if model.ByteSize() >= ONE_FILE_BYTES:
        raise ConvertError(
            "the model does not fit into one ONNX file, which holds 2 GiB at most", "use a smaller model"
        )
    path.write_bytes(model.SerializeToString())


def _infer(session: Any, names: Sequence[str], arrays: Any) -> Sequence[Any]:
    try:
        outputs = session.run(names, dict(arrays))
    except Exception as error:
        raise ConvertError(f"the model does not run: {first_line(error)}", "check --res and --shape") from error
    for name, output in zip(names, outputs, strict=True):
        if not hasattr(output, "dtype") or output.dtype.kind not in "fiub":
            raise ConvertError(f"output {name} is not a tensor of numbers")
    return list(outputs)


def _outputs(model: Any, seen: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """With the axes marked that the values decide, even where two inputs happened to agree on them."""
    operators = {node.op_type for node in _nodes(model.graph)}
    if not operators & _SHAPE_BY_VALUE:
        return tuple(seen)
    from onnx import shape_inference

    inferred = {o.name: o.type.tensor_type.shape.dim for o in shape_inference.infer_shapes(model).graph.output}
    marked = []
    for tensor in seen:
        known = [dim.HasField("dim_value") for dim in inferred.get(tensor.name, ())]
        if len(known) != len(tensor.shape):
            known = [False] * len(tensor.shape)
        shape = tuple(size if sure else VARYING for size, sure in zip(tensor.shape, known, strict=True))
        marked.append(replace(tensor, shape=shape))
    return tuple(marked)


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                yield from _nodes(inner)


def _varying_notes(outputs: Sequence[Tensor]) -> list[str]:
    varying = [output.name for output in outputs if VARYING in output.shape]
    if not varying:
        return []
    if len(varying) == len(outputs):
        return ["every output's shape depends on the values: parity compares them only where the shapes agree"]
    return [f"the shape of {', '.join(varying)} depends on the values: parity compares the other outputs"]


def _precision(model: Any) -> str:
    import onnx

    if any(node.op_type == "QuantizeLinear" or node.op_type.startswith("QLinear") for node in _nodes(model.graph)):
        return "int8"
    types = {tensor.data_type for tensor in model.graph.initializer}
    return "fp16" if onnx.TensorProto.FLOAT16 in types else "fp32"


def _card(model: Any) -> dict[str, str]:
    import onnx
    import onnxruntime

    return {
        "opset": str(opset_of(model)),
        "ir": str(model.ir_version),
        "producer": f"{model.producer_name} {model.producer_version}".strip(),
        "reference": "onnxruntime without optimisation",
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
    }
