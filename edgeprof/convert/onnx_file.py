"""An ONNX file becomes an artefact: read, its axes bound, its data merged into it, proved to load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.convert.image_references import beside_random, few, photos_of, skipped, too
from edgeprof.convert.onnx_axes import bind
from edgeprof.convert.onnx_fit import card_of, expect_opset, fed, fits_of, given_inputs, notes_of, put_before
from edgeprof.convert.open_batch import Infer, expect_open
from edgeprof.convert.opset import NEWER, opset_of
from edgeprof.convert.ort import first_line, plain_session
from edgeprof.convert.packing import ONE_FILE_BYTES, fits_one_file, merge, needed_files, write, write_apart
from edgeprof.convert.parity import VARYING
from edgeprof.convert.passes import UNTIDIED, passes_for_card, tidy, unread_for_card
from edgeprof.convert.preprocess import preprocessing_from_card
from edgeprof.convert.product import Product
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.references import reference
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor

# Without a double precision source: what the reordered sums of a deep fp32 network were seen to differ by.
_TOLERANCE = {"fp32": 1e-3, "fp16": 2e-2, "int8": 1e-1}
_SHAPE_BY_VALUE = {"NonMaxSuppression", "NonZero", "Unique", "Compress", "Loop", "StringSplit"}


def convert(
    name: str, recipe: Recipe, folder: Path, say: Callable[[str], None], most_bytes: int = ONE_FILE_BYTES
) -> Product:
    """`most_bytes` go into one file; of a larger model the weights lie in a second one."""
    _refuse_torch_options(recipe)
    say("reading the file")
    path = Path(name).absolute()
    model = _read(path)
    parts = [path, *needed_files(model, path.parent)]
    taken, notes = bind(model, recipe)
    fits = fits_of(taken, recipe)
    expect_opset(model, fits)
    inputs = given_inputs(taken, fits)
    if fits_one_file(model, path.parent, most_bytes):
        merge(model, path.parent)
        packed = write(model, folder)
    else:
        packed = write_apart(model, path.parent, folder)
    say("checking the file")
    session = plain_session(packed.path)
    say("computing the reference")
    names = [output.name for output in session.get_outputs()]
    photos = beside_random(photos_of(recipe.calibration, inputs, preprocessing_from_card({})))

    def infer(arrays: Mapping[str, Any]) -> Sequence[Any]:
        return _infer(session, names, fed(arrays, fits))

    seen = reference(inputs, lambda _: names, dict(recipe.inputs), folder, infer, few(photos))
    outputs = _outputs(model, seen.outputs)
    # After the reference, which is of the graph as it was given.
    put_before(model, fits)
    passes = {"passes": UNTIDIED} if packed.data else passes_for_card(tidy(model))
    if fits or passes.get("passes", UNTIDIED) != UNTIDIED:
        plain_session(write(model, folder).path)
    precision = _precision(model)
    batch = _open_card(name, packed.path, infer, names, inputs, _TOLERANCE[precision]) if recipe.is_dynamic else {}
    artefact = Artefact(
        model=name,
        source="onnx",
        form="onnx",
        path=packed.path.name,
        digest=packed.digest,
        size_bytes=packed.size_bytes,
        precision=precision,
        inputs=tuple(inputs),
        outputs=outputs,
        references=seen.references,
        tolerance=_TOLERANCE[precision],
        sensitivity=seen.sensitivity,
        notes=(
            *notes,
            *notes_of(fits),
            *_varying_notes(outputs),
            *skipped(photos),
        ),
        card={
            **_card(model),
            "graph": precision,
            **card_of(fits, recipe.fit),
            **passes,
            **batch,
            "reference": f"onnxruntime without optimisation{too(photos)}",
        },
        data=tuple(file.name for file in packed.data),
        is_dynamic=recipe.is_dynamic,
    )
    return Product(artefact, tuple(str(part) for part in parts))


def files_of(path: Path) -> list[Path]:
    """The file, and those beside it that its weights lie in."""
    return [path, *needed_files(_read(path), path.parent)]


def expect_own_opset(name: str, opset: int) -> None:
    """Before anything is made of the file: nothing writes it in another."""
    own = opset_of(_read(Path(name).absolute()))
    if own != opset:
        raise ConfigError(f'"{name}" keeps its own opset, {own}', "leave --opset out", where="--opset")


def _open_card(
    model: str, path: Path, given: Infer, names: Sequence[str], inputs: Sequence[Tensor], tolerance: float
) -> dict[str, str]:
    """Of a batch that stays open: the file as it was given, and as it is now, at another one."""
    made = partial(_infer, plain_session(path), names)
    return {"batch": expect_open(model, inputs, given, made, tolerance)}


def _refuse_torch_options(recipe: Recipe) -> None:
    if recipe.form != "onnx":
        raise ConfigError("the torch runtime cannot execute an .onnx file", "name a timm model, or another --runtime")
    if recipe.weights != "random":
        raise ConfigError("an .onnx file has its own weights", "leave --weights out", where="--weights")
    if recipe.opset != NEWER:
        raise ConfigError("an .onnx file keeps the opset it was written in", "leave --opset out", where="--opset")


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
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
        **unread_for_card(model),
    }
