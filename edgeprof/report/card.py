"""What a conversion made: a card for people, and the same for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from edgeprof.core.answer import Refused
from edgeprof.core.artefact import Artefact, Parity
from edgeprof.core.codec import plain
from edgeprof.core.job import Tensor
from edgeprof.report.lines import BLANK, Line, labelled, labelled_list, line, printable
from edgeprof.report.subject import parity_words, tensor_words
from edgeprof.report.units import mib

VERSION = 1
# Several entries of the card on one line each; {} is the entry.
_LINES: Mapping[str, Sequence[tuple[str, str]]] = {
    "batch": [("batch", "{}")],
    "features": [("features", "{}")],
    "weights": [("weights", "{}"), ("classes", "{} classes")],
    "fit": [("size_policy", "{}"), ("network_size", "the network sees {}")],
    "frame": [("frame", "{}"), ("frame_fit", "{}"), ("preprocessing", "{}"), ("normalisation", "{}")],
    "graph": [("opset", "opset {}"), ("nodes", "{} operators"), ("exporter", "{}"), ("producer", "by {}")],
    "passes": [("passes", "{}"), ("written for tensorrt", "{} for tensorrt")],
    "precision": [
        ("kept_fp32", "{} kept in fp32"),
        ("casts", "{} casts"),
        ("quantisation", "recipe {}"),
        ("quantised", "{} in 8 bits"),
    ],
    "calibration": [
        ("calibration_images", "{} images"),
        ("calibration_folder", "from {}"),
        ("calibration_method", "{}"),
        ("calibration", "{:.12}"),
    ],
    "plan": [("tensorrt", "{}"), ("built for", "for {}"), ("typing", "{} typing"), ("tf32", "tf32 {}")],
    "layers": [("layers", "{}"), ("layers by precision", "{}")],
}
# When the graph was made, where this form's own conversion did not make it.
_MADE = {"now": "", "above": ", once for the form above and this one", "before": ", earlier: it was in the cache"}
# The builder lays a layer's scratch out among the activations, so it is a part of theirs and not beside them.
_BYTES = (
    ("weights_bytes", "weights {}"),
    ("activation_bytes", "activations {}"),
    ("scratch_bytes", "of it scratch {}"),
)


def render(
    asked: str,
    form: str,
    artefact: Artefact,
    parity: Optional[Parity],
    files: Sequence[Path],
    *,
    width: int = 80,
    made: str = "now",
) -> list[Line]:
    """The card of one form of one model; its graph was `made` now, for the form above, or before."""
    lines: list[Line] = []
    for key, texts in _facts(asked, form, artefact, parity, made):
        lines += labelled_list(key, texts, width)
    for place, file in enumerate(files):
        size = f" ({mib(file.stat().st_size)})" if file.exists() else ""
        lines += labelled("written" if place == 0 else "", f"{file}{size}", width, style="strong")
    return lines


def render_brief(artefact: Artefact, parity: Optional[Parity], files: Sequence[Path]) -> list[Line]:
    """What was made, and how near it is, in a line that is never wrapped: a path is copied."""
    made = ", ".join(str(file) for file in files) or artefact.path
    said = f": {_parity(artefact, parity)}" if parity else ""
    return [line(printable(made + said))]


def render_count(made: Sequence[str], failed: Sequence[str], *, width: int = 80) -> list[Line]:
    """Of several forms of which not all were made: which were, and which were not."""
    if not failed or len(made) + len(failed) == 1:
        return []
    return [
        BLANK,
        *labelled("made", ", ".join(made) or "nothing", width, style="strong"),
        *labelled("not made", ", ".join(failed), width, style="fail"),
    ]


def document(entries: Sequence[dict[str, Any]], edgeprof: str) -> str:
    content = {"format": "edgeprof conversion", "version": VERSION, "edgeprof": edgeprof, "conversions": list(entries)}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def entry(asked: str, form: str, artefact: Artefact, parity: Optional[Parity], files: Sequence[Path]) -> dict[str, Any]:
    return {
        "asked": asked,
        "form": form,
        "artefact": plain(artefact),
        "parity": None if parity is None else {**plain(parity), "holds": parity.holds},
        "files": [str(file) for file in files],
    }


def refusal(answer: Refused, form: str) -> dict[str, Any]:
    return {"asked": answer.asked, "form": form, "error": answer.message, "hint": answer.hint, "exit": int(answer.exit)}


def _facts(
    asked: str, form: str, artefact: Artefact, parity: Optional[Parity], made: str
) -> Iterator[tuple[str, Sequence[str]]]:
    yield "model", [asked if asked == artefact.model else f"{asked} -> {artefact.model}"]
    yield "input", [_tensor(tensor, artefact) for tensor in artefact.inputs]
    yield "output", [_tensor(tensor, artefact) for tensor in artefact.outputs]
    yield "form", [form]
    graph = f"{mib(artefact.size_bytes)}, {artefact.precision}, {artefact.digest[:12]}"
    if form == "openvino":  # its own files are made of the ONNX graph, and only where they are written
        yield "from", [f"onnx, {graph}"]
    else:
        yield artefact.form, [graph]
    # fp16 has its ranges from random frames where no images were given, and keeps no log of them.
    is_calibrated = artefact.precision == "int8" or "calibration_images" in artefact.card
    for label, parts in _LINES.items():
        words = [text.format(artefact.card[key]) for key, text in parts if artefact.card.get(key)]
        if words and (label != "calibration" or is_calibrated):
            yield label, [", ".join(words)]
    if artefact.card.get("seconds"):
        yield "made", [f"in {artefact.card['seconds']} s{_MADE[made]}"]
    if artefact.card.get("build_s"):
        yield "built", [f"in {artefact.card['build_s']} s, the plan"]
    sizes = [words.format(mib(float(artefact.card[key]))) for key, words in _BYTES if key in artefact.card]
    if sizes:
        yield "gpu memory", [", ".join(sizes)]
    if parity is not None:
        yield "parity", [_parity(artefact, parity)]
    if artefact.notes:
        yield "note", artefact.notes
    yield "kept", [artefact.path]


def _tensor(tensor: Tensor, artefact: Artefact) -> str:
    """With N for a batch that is open."""
    words = tensor_words(tensor)
    if not artefact.is_dynamic or tensor.shape[:1] != artefact.inputs[0].shape[:1]:
        return words
    return f"N{words[len(str(tensor.shape[0])) :]}"


def _parity(artefact: Artefact, parity: Parity) -> str:
    of_graph = ", of the ONNX graph: the plan was not run" if artefact.form == "plan" else ""
    return f"{parity.runtime}: {parity_words(parity)}{of_graph}"
