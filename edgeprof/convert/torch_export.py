"""A torch model becomes an artefact: exported from a fresh instance, proved to load, given references."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.convert.feed import feeds
from edgeprof.convert.image_references import beside_random, few, photos_of, skipped, too
from edgeprof.convert.onnx_export import Exported, example_of, export_onnx, why_of
from edgeprof.convert.open_batch import expect_open, torch_shapes
from edgeprof.convert.ort import first_line, plain_session
from edgeprof.convert.packing import Packed
from edgeprof.convert.parity import fp32_tolerance, relative_l2
from edgeprof.convert.preprocess import preprocessing_from_card
from edgeprof.convert.product import Product
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.references import reference
from edgeprof.convert.subject import Subject
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import size_words

Say = Callable[[str], None]

# Where double precision cannot be had, of the order that deep fp32 networks were seen to lose.
_UNKNOWN_TOLERANCE = 1e-3


def convert(subject: Subject, recipe: Recipe, folder: Path, say: Say, rounding: float | None) -> Product:
    """`rounding` is the relative distance of fp32 from fp64 where it is known from before."""
    import torch

    size = _size(subject.inputs[0])
    say("computing the reference")
    infer = partial(_infer, flat(subject.fresh()), subject.inputs)
    names_of = partial(_output_names, subject.outputs)
    photos = beside_random(photos_of(recipe.calibration, subject.inputs, preprocessing_from_card(subject.card)))
    seen = reference(subject.inputs, names_of, dict(recipe.inputs), folder, infer, few(photos))
    del infer
    notes = list(subject.notes)
    if rounding is None:
        say("measuring the rounding")
        rounding = _rounding(subject)
    if rounding is None:
        notes.append(f"the model does not run in double precision: tolerance {_UNKNOWN_TOLERANCE}")
    say(f"exporting {subject.name} at {size}")
    export = _export_onnx if recipe.form == "onnx" else _export_pt2
    made = export(subject, recipe, [output.name for output in seen.outputs], folder, say)
    tolerance = _UNKNOWN_TOLERANCE if rounding is None else fp32_tolerance(rounding)
    artefact = Artefact(
        model=subject.name,
        source=subject.source,
        form=recipe.form,
        path=made.packed.path.name,
        digest=made.packed.digest,
        size_bytes=made.packed.size_bytes,
        precision="fp32",
        inputs=subject.inputs,
        outputs=seen.outputs,
        references=seen.references,
        tolerance=tolerance,
        sensitivity=seen.sensitivity,
        notes=(*notes, *made.notes, *skipped(photos)),
        card={
            **subject.card,
            **made.card,
            **(_open_card(subject, made, [output.name for output in seen.outputs], tolerance, say)),
            **({} if rounding is None else {"rounding": repr(rounding)}),
            "reference": f"torch fp32{too(photos)}",
            "torch": torch.__version__,
        },
        data=tuple(file.name for file in made.packed.data),
        is_dynamic=subject.is_dynamic,
    )
    return Product(artefact, subject.parts)


def _open_card(subject: Subject, made: Exported, names: Sequence[str], tolerance: float, say: Say) -> dict[str, str]:
    if not subject.is_dynamic:
        return {}
    say("comparing at another batch")
    infer = partial(_infer, flat(subject.fresh()), subject.inputs)
    answer = _answer_of(made.packed.path, names, subject.inputs)
    return {"batch": expect_open(subject.name, subject.inputs, infer, answer, tolerance)}


def _answer_of(path: Path, names: Sequence[str], inputs: Sequence[Tensor]) -> Callable[[Mapping[str, Any]], list[Any]]:
    """What the file that was made answers."""
    if path.suffix == ".onnx":
        session = plain_session(path)
        return lambda arrays: list(session.run(list(names), dict(arrays)))
    import torch

    return partial(_infer, torch.export.load(str(path)).module(), inputs)


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


def _size(tensor: Tensor) -> str:
    """An image's as people read it, else the shape."""
    return size_words(*tensor.shape[-2:]) if len(tensor.shape) == 4 else "x".join(map(str, tensor.shape))


def _output_names(own: Sequence[str], count: int) -> list[str]:
    if own and len(own) == count:
        return list(own)
    if not count:
        raise ConvertError("the model returns no tensor", "let its forward return what it computes")
    return ["output"] if count == 1 else [f"output_{place}" for place in range(count)]


def _rounding(subject: Subject) -> float | None:
    """The relative distance between fp32 and fp64, at the model's own size; None where fp64 does not run.

    At worst over the kinds of input that parity is taken on: where the outputs are small it is fifty times as much as
    where they are not (convmixer).
    """
    import torch

    inputs = subject.own_inputs
    sets = feeds(inputs, {})
    single = flat(subject.fresh_own_size())
    rounded = [_infer(single, inputs, arrays) for arrays in sets]
    try:
        double = flat(subject.fresh_own_size().double())
        with torch.no_grad():
            exact = [double(*(torch.from_numpy(arrays[t.name]).double() for t in inputs)) for arrays in sets]
    except (RuntimeError, TypeError, ValueError):
        return None
    pairs = [(e.numpy(), r) for es, rs in zip(exact, rounded, strict=True) for e, r in zip(es, rs, strict=True)]
    return max(relative_l2(e, r) for e, r in pairs)


def _export_onnx(subject: Subject, recipe: Recipe, names: Sequence[str], folder: Path, say: Say) -> Exported:
    return export_onnx(subject, lambda: flat(_merged(subject)), names, folder, recipe.opset, say)


def _merged(subject: Subject) -> Any:
    """The branches that only training needs are one convolution each: a sixth less time for fastvit and its like."""
    module = subject.fresh_for_onnx()
    if subject.source != "timm":
        return module
    from timm.utils.model import reparameterize_model

    return reparameterize_model(module, inplace=True)


def _export_pt2(subject: Subject, recipe: Recipe, names: Sequence[str], folder: Path, say: Say) -> Exported:
    import torch

    path = folder / "model.pt2"
    try:
        with torch.no_grad():
            shapes = torch_shapes(subject.inputs) if subject.is_dynamic else None
            program = torch.export.export(flat(subject.fresh()), example_of(subject), dynamic_shapes=shapes)
        torch.export.save(program, str(path))
    except (MemoryError, OSError):
        raise
    except Exception as error:
        raise ConvertError(
            f"{subject.name} cannot be exported: {why_of(error)}", "use --runtime onnxruntime or openvino"
        ) from error
    say("checking the file")
    torch.export.load(str(path))
    return Exported(Packed(path), {"exporter": "torch.export"})
