"""An artefact of camera frames, or of another precision, from another's file: made, logged, proved to load."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Optional

from edgeprof.convert.calibration import RANDOM_SETS, Images, random_feeds, write_log
from edgeprof.convert.frames import derive_frames
from edgeprof.convert.half import halved, refuse_overflow
from edgeprof.convert.half_apart import constants_apart, halved_apart
from edgeprof.convert.image_references import (
    UNREADABLE,
    known_inputs,
    photos_of,
    reference_on_images,
    shared_out,
    skipped,
)
from edgeprof.convert.int8 import quantisation_of, quantised
from edgeprof.convert.ort import plain_session
from edgeprof.convert.packing import ONE_FILE_BYTES, Packed, fits_one_file, merge, write, write_apart
from edgeprof.convert.parity import IMAGES, int8_tolerance, tolerance_of
from edgeprof.convert.passes import rewritten, unread_for_card
from edgeprof.convert.preprocess import preprocessing_from_card
from edgeprof.convert.ranges import measured, ranges_from
from edgeprof.convert.recipe import UNREAD, Recipe
from edgeprof.core.artefact import Artefact, Reference
from edgeprof.core.errors import ConfigError, ConvertError

Say = Callable[[str], None]

LATENCY_ONLY = "latency only: its int8 ranges are those of random frames, and say nothing of its accuracy"
RANDOM_WEIGHTS = "latency only: what int8 loses of random weights says nothing of its accuracy"
_SHOWN = 5


@dataclass(frozen=True)
class _Change:
    """What became of the graph, beyond its file."""

    card: Mapping[str, str]
    tolerance: float
    notes: tuple[str, ...] = ()
    references: Optional[tuple[Reference, ...]] = None  # None: those of the fp32 artefact
    sensitivity: Optional[float] = None


def derive(made_from: Artefact, recipe: Recipe, folder: Path, say: Say, most_bytes: int = ONE_FILE_BYTES) -> Artefact:
    """`folder` gets the graph, its references and the log; what is made on the way is gone afterwards."""
    import onnx

    if recipe.made_from.reader != recipe.reader:
        return _for_reader(made_from, recipe, folder, say)
    _expect_one_file(made_from, recipe)
    if recipe.precision == "fp32":
        return _with_frames(made_from, recipe, folder, say)
    model = onnx.load(made_from.path, load_external_data=False)
    _refuse(made_from, model, recipe.precision)
    bgr = made_from.card.get("frame", "").endswith("BGR")
    images = photos_of(recipe.calibration, made_from.inputs, preprocessing_from_card(made_from.card), bgr=bgr)
    with TemporaryDirectory(dir=folder) as scratch:
        work = Path(scratch)
        # onnxruntime's tools write beside the file that they read.
        shutil.copyfile(made_from.path, work / "model.onnx")
        if recipe.precision == "fp16":
            packed, change = _to_half(made_from, model, images, work, folder, say, most_bytes)
        else:
            change = _to_int8(made_from, recipe, images, work, folder, say)
            packed = Packed(folder / "model.onnx")
    return replace(
        made_from,
        path=packed.path.name,
        digest=packed.digest,
        size_bytes=packed.size_bytes,
        data=tuple(file.name for file in packed.data),
        precision=recipe.precision,
        references=_taken_over(made_from, folder) if change.references is None else change.references,
        tolerance=change.tolerance,
        sensitivity=change.sensitivity or made_from.sensitivity,
        notes=(*(note for note in made_from.notes if UNREADABLE not in note), *change.notes),
        card={**made_from.card, **change.card, "graph": recipe.precision, "made_from": made_from.digest},
    )


def _for_reader(made_from: Artefact, recipe: Recipe, folder: Path, say: Say) -> Artefact:
    """The same graph in operators that its reader knows; the weights are not looked at, wherever they lie."""
    import onnx

    say(f"writing what {recipe.reader} does not know in what it does")
    model = onnx.load(made_from.path, load_external_data=False)
    card = {**rewritten(model), **unread_for_card(model)}
    kept = {key: value for key, value in made_from.card.items() if key != UNREAD}
    packed = write_apart(model, Path(made_from.path).parent, folder) if made_from.data else write(model, folder)
    plain_session(packed.path)
    return replace(
        made_from,
        path=packed.path.name,
        digest=packed.digest,
        size_bytes=packed.size_bytes,
        references=_taken_over(made_from, folder),
        card={**kept, **card, "nodes": str(len(model.graph.node)), "made_from": made_from.digest},
        data=tuple(file.name for file in packed.data),
    )


def _with_frames(made_from: Artefact, recipe: Recipe, folder: Path, say: Say) -> Artefact:
    asked = recipe.frame
    size = (asked.height, asked.width) if asked and asked.height and asked.width else None
    how = preprocessing_from_card(made_from.card)
    return derive_frames(
        made_from,
        how,
        size,
        recipe.fit,
        folder,
        say,
        bgr=recipe.bgr,
        files=dict(recipe.inputs),
        calibration=recipe.calibration,
    )


def _to_half(
    made_from: Artefact, model: Any, images: Images | None, work: Path, folder: Path, say: Say, most_bytes: int
) -> tuple[Packed, _Change]:
    for path in map(Path, made_from.data):
        _link(path, work / path.name)
    is_apart = bool(made_from.data)
    say("measuring the ranges of the activations")
    feeds = chain(known_inputs(made_from), images or ())
    ranges = ranges_from(measured(work / "model.onnx", feeds, work, has_weights_apart=is_apart))
    say("converting to fp16")
    apart = constants_apart(model, work) if is_apart else {}
    half = halved_apart(model, ranges, apart, work) if is_apart else halved(model, ranges)
    refuse_overflow(half.model, model, ranges, apart)
    if fits_one_file(half.model, work, most_bytes):
        merge(half.model, work)
        packed = write(half.model, folder)
    else:
        packed = write_apart(half.model, work, folder)
    say("checking the file")
    plain_session(packed.path)
    kept = [{"node": each.node, "operator": each.operator, "why": each.why} for each in half.kept]
    card = {**write_log(folder, images, ranges, {"kept_fp32": kept}), "casts": str(half.casts)}
    total = len(model.graph.node)
    card["kept_fp32"] = f"{len(kept)} of {total} operators"
    shown = [f"{each.operator} {each.node}: {each.why}" for each in half.kept[:_SHOWN]]
    if shown:
        rest = len(kept) - len(shown)
        card["kept_fp32"] += f" ({'; '.join(shown)}{f'; and {rest} more' if rest else ''})"
    return packed, _Change(card, tolerance_of(made_from, "fp16"), skipped(images))


def _link(path: Path, to: Path) -> None:
    """The same file under another name, where that can be had; gigabytes are not copied for nothing."""
    try:
        os.link(path, to)
    except OSError:
        shutil.copyfile(path, to)


def _to_int8(made_from: Artefact, recipe: Recipe, images: Images | None, work: Path, folder: Path, say: Say) -> _Change:
    how = quantisation_of(recipe.quantisation)
    say("calibrating" if images else "calibrating on random frames")
    images, held = shared_out(images) if images else (None, None)
    feeds = _counted(images, say) if images else random_feeds(made_from.inputs, known_inputs(made_from))
    seen = quantised(work / "model.onnx", feeds, how, work, folder / "model.onnx")
    say("checking the file")
    plain_session(folder / "model.onnx")
    details: dict[str, Any] = {"recipe": how.name, "excluded": list(seen.excluded)}
    details.update({"held_out": held.names} if held else {"random_sets": RANDOM_SETS})
    card = write_log(folder, images, seen.ranges, details)
    card["quantisation"] = how.name
    card["quantised"] = ", ".join(f"{count} {kind}" for kind, count in sorted(seen.operators.items()))
    if images is None or held is None:
        return _Change(card, int8_tolerance(made_from.sensitivity, calibrated=False), (LATENCY_ONLY,))
    say("computing the reference")
    proof = reference_on_images(made_from, work / "model.onnx", held, folder)
    card["calibration_images"] = str(len(images.read))
    card["reference"] = f"the fp32 graph on {len(proof.references)} {IMAGES}"
    sensitivity = proof.sensitivity or made_from.sensitivity
    is_trained = made_from.card.get("weights") != "random"
    notes = skipped(images) if is_trained else (RANDOM_WEIGHTS, *skipped(images))
    tolerance = int8_tolerance(sensitivity, calibrated=is_trained)
    return _Change(card, tolerance, notes, proof.references, sensitivity)


def _counted(images: Images, say: Say) -> Iterator[dict[str, Any]]:
    for feed in images:
        say(f"calibrating on {len(images.read)} of {len(images.paths)} images")
        yield feed


def _taken_over(made_from: Artefact, folder: Path) -> tuple[Reference, ...]:
    """The fp32 artefact's references as files of this one: the other may be given up before it."""

    def take(paths: Sequence[str]) -> tuple[str, ...]:
        for path in paths:
            shutil.copyfile(path, folder / Path(path).name)
        return tuple(Path(path).name for path in paths)

    return tuple(Reference(take(r.inputs), take(r.outputs)) for r in made_from.references)


def _expect_one_file(made_from: Artefact, recipe: Recipe) -> None:
    """onnxruntime's quantisation holds all of the graph in memory several times."""
    if made_from.data and recipe.precision == "int8":
        raise ConvertError(
            f"a model of {made_from.size_bytes / 2**30:.1f} GiB, whose weights lie in a file of their own, is not "
            "converted to int8",
            "use --precision fp16 or fp32",
        )


def _refuse(made_from: Artefact, model: Any, precision: str) -> None:
    from onnx import TensorProto

    if made_from.precision != "fp32":
        raise ConvertError(f"the model is {made_from.precision} already", "leave --precision out")
    if made_from.form != "onnx":
        raise ConfigError(f"{made_from.form} has no {precision} graph", "use --precision fp32")
    if any(attribute.g.node or attribute.graphs for node in model.graph.node for attribute in node.attribute):
        raise ConvertError(
            f"the graph has branches or loops, which are not converted to {precision}", "use --precision fp32"
        )
    weights = {tensor.data_type for tensor in model.graph.initializer if math.prod(tensor.dims) > 1}
    ends = {value.type.tensor_type.elem_type for value in (*model.graph.input, *model.graph.output)}
    for kind in (TensorProto.DOUBLE, TensorProto.BFLOAT16, TensorProto.FLOAT16):
        if kind in weights | ends:
            name = TensorProto.DataType.Name(kind).lower()
            raise ConvertError(
                f"the graph computes in {name}, and only float32 becomes {precision}", "export it in float32"
            )
