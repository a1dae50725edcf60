"""A uint8 frame in memory to outputs in memory: prepared by the graph (`--frame uint8`) against numpy and OpenCV."""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.framed import MEAN, STD
from benchmarks.fresh import heard
from benchmarks.pairs import Agreement, Pair, Shot, clean, shoot
from benchmarks.product import Subject, subject
from benchmarks.table import Table, arguments_of
from edgeprof.convert.feed import drawn
from edgeprof.convert.frames import derive_frames
from edgeprof.convert.preprocess import Preprocessing
from edgeprof.core.artefact import Artefact
from edgeprof.core.job import Tensor

OURS = "graph"
FRAME = (1080, 1920)


@dataclass(frozen=True)
class Case:
    model: str
    res: str
    runtime: str

    def __str__(self) -> str:
        return f"{self.model}@{self.res}/{self.runtime}"


SIZES = (
    ("mobilenetv3_large_100", "1080"),
    ("mobilenetv3_large_100", "224"),
    ("resnet50", "224"),
    ("vit_tiny_patch16_224", "224"),
)
CASES = tuple(Case(model, res, runtime) for runtime in ("onnxruntime", "openvino") for model, res in SIZES)


def main() -> int:
    parser = arguments_of("frame", __doc__)
    parser.add_argument("--case", action="append", metavar="TEXT", help="only cases whose name holds this")
    parser.add_argument("--rounds", type=int, default=4, help="of neighbouring processes")
    parser.add_argument("--seconds", type=float, default=2.0, help="sampling in each process")
    options = parser.parse_args()
    others = ["numpy", *(["opencv"] if find_spec("cv2") else [])]
    columns = ("case", "prepared by", "its ms", "in the graph ms", "ratio", "clean pairs", "A/A within")
    table = Table("Frame: a 1080x1920 uint8 frame to outputs, p50 of alternated fresh processes", columns)
    for case in CASES:
        if not options.case or any(text in str(case) for text in options.case):
            _compare(case, others, options, table)
    table.notes += [
        "ratio: in the graph to outside of it, so below 1 the graph is faster; holds: at most 1, or within A/A",
        f"the frame is {FRAME[0]}x{FRAME[1]}; at 224 it is stretched, by Pillow where numpy prepares it",
        f"{options.seconds:g} s of sampling in each process after warm-up; ms: medians over all processes",
        *([] if len(others) > 1 else ["OpenCV is not installed here"]),
    ]
    return table.conclude(options.record)


def _compare(case: Case, others: list[str], options: Namespace, table: Table) -> None:
    with subject(case.model, case.res, case.runtime) as found, tempfile.TemporaryDirectory() as folder:
        ways = _ways(found, [OURS, *others], options.seconds, Path(folder))
        shots: list[Shot] = []
        pairs: list[Pair] = []
        order = [others[0], OURS, OURS, *others[1:]]
        for _ in range(options.rounds):
            fresh = [shoot(name, ways[name]) for name in order]
            shots += fresh
            pairs += [Pair(first, second) for first, second in pairwise(fresh)]
            order.reverse()
    alike = [pair.ratio(OURS) for pair in clean(pairs) if pair.names == {OURS}]
    for other in others:
        between = [pair for pair in pairs if pair.names == {OURS, other}]
        agreement = Agreement([pair.ratio(OURS) for pair in clean(between)], alike)
        known = bool(agreement.ratios and agreement.alike)
        table.add(
            case,
            other,
            _ms(shots, other),
            _ms(shots, OURS),
            f"{agreement.ratio:.3f}" if known else "not measured",
            f"{len(agreement.ratios)} of {len(between)}",
            f"{agreement.noise:.1%}" if known else "",
            holds=agreement.ratio <= 1 + agreement.noise if known else None,
        )


def _ways(found: Subject, names: list[str], seconds: float, folder: Path) -> dict[str, Callable[[], float]]:
    plain = found.prepared.artefact
    framed = derive_frames(plain, Preprocessing(MEAN, STD), FRAME, "resize", folder, lambda _: None)
    frame = folder / "frame.npy"
    np.save(frame, drawn(np.random.default_rng(0), Tensor("frame", (1, *FRAME, 3), "uint8")))
    height, width = plain.inputs[0].shape[-2:]

    def way(name: str, artefact: Artefact, path: str) -> Callable[[], float]:
        rest = (found.prepared.job.runtime, path, str(found.threads), str(seconds), str(frame), artefact.inputs[0].name)
        command = ("benchmarks.framed", name, *rest, str(height), str(width))
        return lambda: median(heard(*command)["latencies_s"])

    return {
        name: way(name, framed, str(folder / framed.path)) if name == OURS else way(name, plain, plain.path)
        for name in names
    }


def _ms(shots: list[Shot], name: str) -> str:
    return f"{median(shot.p50_s for shot in shots if shot.name == name) * 1e3:.3f}"


if __name__ == "__main__":
    sys.exit(main())
