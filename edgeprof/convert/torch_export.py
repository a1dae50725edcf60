"""A torch model becomes an artefact: exported from a fresh instance, proved to load, given references."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.convert.feed import feeds
from edgeprof.convert.ingredients import OPSET
from edgeprof.convert.onnx_file import ONE_FILE_BYTES, opset_of
from edgeprof.convert.ort import first_line, plain_session
from edgeprof.convert.parity import FP32_FLOOR, FP32_MARGIN, relative_l2
from edgeprof.convert.passes import passes_for_card, tidy
from edgeprof.convert.product import Product
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.references import reference
from edgeprof.convert.subject import Subject
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConvertError
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Tensor

# Where double precision cannot be had, of the order that deep fp32 networks were seen to lose.
_UNKNOWN_TOLERANCE = 1e-3


def convert(
    subject: Subject, recipe: Recipe, folder: Path, say: Callable[[str], None], rounding: float | None
) -> Product:
    """`rounding` is the relative distance of fp32 from fp64 where it is known from before."""
    import torch

    size = "x".join(str(length) for length in subject.inputs[0].shape[-2:])
    say("computing the reference")
    infer = partial(_infer, flat(subject.fresh()), subject.inputs)
    seen = reference(subject.inputs, _output_names, dict(recipe.inputs), folder, infer)
    del infer
    notes = list(subject.notes)
    if rounding is None:
        say("measuring the rounding")
        rounding = _rounding(subject)
    if rounding is None:
        notes.append(f"the model does not run in double precision: tolerance {_UNKNOWN_TOLERANCE}")
    say(f"exporting {subject.name} at {size}")
    export = _export_onnx if recipe.form == "onnx" else _export_pt2
    made, card = export(subject, [output.name for output in seen.outputs], folder, say)
    artefact = Artefact(
        model=subject.name,
        source=subject.source,
        form=recipe.form,
        path=made.name,
        digest=digest_of_file(made),
        size_bytes=made.stat().st_size,
        precision="fp32",
        inputs=subject.inputs,
        outputs=seen.outputs,
        references=seen.references,
        tolerance=_UNKNOWN_TOLERANCE if rounding is None else max(FP32_FLOOR, FP32_MARGIN * rounding),
        sensitivity=seen.sensitivity,
        notes=tuple(notes),
        card={
            **subject.card,
            **card,
            **({} if rounding is None else {"rounding": repr(rounding)}),
            "reference": "torch fp32",
            "torch": torch.__version__,
        },
    )
    return Product(artefact, subject.parts)


def flat(module: Any) -> Any:
    """The same module with its tensors in a tuple, in the order in which the graph will have them."""
    import torch
    from torch.utils import _pytree

    class Flat(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = module

        def forward(self, *tensors: Any) -> Any:
            leaves = _pytree.tree_leaves(self.inner(*tensors))
            return tuple(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))

    return Flat().eval()


def _infer(module: Any, inputs: Sequence[Tensor], arrays: Mapping[str, Any]) -> list[Any]:
    import torch

    try:
        # Not inference_mode: some models keep what they computed, and an inference tensor cannot be exported.
        with torch.no_grad():
            return [out.numpy() for out in module(*(torch.from_numpy(arrays[tensor.name]) for tensor in inputs))]
    except (RuntimeError, ValueError, TypeError, AssertionError, IndexError) as error:
        if "allocate memory" in str(error):
            raise
        raise ConvertError(
            f"the model does not run on this input: {first_line(error)}", "check --res and --shape"
        ) from error


def _output_names(count: int) -> list[str]:
    if not count:
        raise ConvertError("the model returns no tensor", "let its forward return what it computes")
    return ["output"] if count == 1 else [f"output_{place}" for place in range(count)]


def _rounding(subject: Subject) -> float | None:
    """The relative distance between fp32 and fp64, at the model's own size; None where fp64 does not run."""
    import torch

    inputs = subject.own_inputs
    arrays = feeds(inputs, {})[0]
    single = _infer(flat(subject.fresh_own_size()), inputs, arrays)
    try:
        with torch.no_grad():
            module = flat(subject.fresh_own_size().double())
            double = [o.numpy() for o in module(*(torch.from_numpy(arrays[t.name]).double() for t in inputs))]
    except (RuntimeError, TypeError, ValueError):
        return None
    return max(relative_l2(d, s) for d, s in zip(double, single, strict=True))


def _export_onnx(
    subject: Subject, names: Sequence[str], folder: Path, say: Callable[[str], None]
) -> tuple[Path, dict[str, str]]:
    import onnx
    import torch

    module = flat(_merged(subject))
    _refuse_too_large(subject, module)
    path = folder / "model.onnx"
    try:
        torch.onnx.export(
            module,
            _example(subject),
            str(path),
            input_names=[tensor.name for tensor in subject.inputs],
            output_names=list(names),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    except (MemoryError, OSError):
        raise
    except Exception as error:
        raise _refusal(subject, error) from error
    say("checking the file")
    model = onnx.load(path)
    if opset_of(model) != OPSET:
        raise ConvertError(f"the exporter wrote opset {opset_of(model)}, {OPSET} was asked for", "upgrade torch")
    changed = tidy(model)
    if any(changed.values()):
        path.write_bytes(model.SerializeToString())
    plain_session(path)  # an export that succeeds may still have written a graph that nothing loads
    return path, {
        "opset": str(OPSET),
        "ir": str(model.ir_version),
        "exporter": "torch.onnx dynamo",
        "onnx": onnx.__version__,
        "nodes": str(len(model.graph.node)),
        **passes_for_card(changed),
    }


def _merged(subject: Subject) -> Any:
    """The branches that only training needs are one convolution each: a sixth less time for fastvit and its like."""
    module = subject.fresh_for_onnx()
    if subject.source != "timm":
        return module
    from timm.utils.model import reparameterize_model

    return reparameterize_model(module, inplace=True)


def _export_pt2(
    subject: Subject, names: Sequence[str], folder: Path, say: Callable[[str], None]
) -> tuple[Path, dict[str, str]]:
    import torch

    path = folder / "model.pt2"
    try:
        with torch.no_grad():
            program = torch.export.export(flat(subject.fresh()), _example(subject))
        torch.export.save(program, str(path))
    except (MemoryError, OSError):
        raise
    except Exception as error:
        raise _refusal(subject, error) from error
    say("checking the file")
    torch.export.load(str(path))
    return path, {"exporter": "torch.export"}


def _example(subject: Subject) -> tuple[Any, ...]:
    import torch

    arrays = feeds(subject.inputs, {})[0]
    return tuple(torch.from_numpy(arrays[tensor.name]) for tensor in subject.inputs)


def _refuse_too_large(subject: Subject, module: Any) -> None:
    size = sum(t.numel() * t.element_size() for t in [*module.parameters(), *module.buffers()])
    if size >= ONE_FILE_BYTES:
        raise ConvertError(
            f"{subject.name} has {size / 2**30:.1f} GiB of weights; one ONNX file holds 2 GiB at most",
            "use a smaller model",
        )


def _refusal(subject: Subject, error: Exception) -> ConvertError:
    words = str(error)
    if "allocate memory" in words:
        raise error
    if "2GiB" in words or "2GB" in words or "exceeds maximum protobuf" in words:
        return ConvertError(
            f"{subject.name} does not fit into one ONNX file, which holds 2 GiB at most", "use a lower --res"
        )
    cause: BaseException = error
    while cause.__cause__ is not None:  # torch wraps what failed in advice on how to report it
        cause = cause.__cause__
    return ConvertError(f"{subject.name} cannot be exported: {type(cause).__name__}: {first_line(cause)}")
