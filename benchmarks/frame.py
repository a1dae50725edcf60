"""A uint8 frame in memory to outputs in memory: prepared by the graph (`--frame uint8`) against numpy and OpenCV."""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.framed import MEAN, STD
from benchmarks.fresh import heard
from benchmarks.pairs import gather, rounds_of, share
from benchmarks.product import Case, Subject, asked_for, cases, subject
from benchmarks.table import Table, arguments_of
from edgeprof.convert.feed import drawn
from edgeprof.convert.frames import derive_frames
from edgeprof.convert.preprocess import Preprocessing
from edgeprof.core.artefact import Artefact
from edgeprof.core.job import Tensor

OURS = "graph"
FRAME = (1080, 1920)


SIZES = (
    ("mobilenetv3_large_100", "1080"),
    ("mobilenetv3_large_100", "224"),
    ("resnet50", "224"),
    ("vit_tiny_patch16_224", "224"),
)
CASES = cases(SIZES)


def main() -> int:
    parser = arguments_of("frame", __doc__)
    parser.add_argument("--case", action="append", metavar="TEXT", help="only cases whose name holds this")
    parser.add_argument("--rounds", type=int, default=4, help="of neighbouring processes, at the most")
    parser.add_argument(
        "--minutes", type=float, default=15.0, help="shared out among the cases, fewer rounds if need be"
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="sampling in each process")
    options = parser.parse_args()
    others = ["numpy", *(["opencv"] if find_spec("cv2") else [])]
    columns = ("case", "prepared by", "its ms", "in the graph ms", "ratio", "clean pairs", "A/A within")
    table = Table("Frame: a 1080x1920 uint8 frame to outputs, p50 of alternated fresh processes", columns)
    deadline = time.monotonic() + 60 * options.minutes
    wanted = asked_for(CASES, options.case)
    for place, case in enumerate(wanted):
        _compare(case, others, options, share(deadline, len(wanted) - place), table)
    table.notes += [
        "ratio: in the graph to outside of it, so below 1 the graph is faster; holds: at most 1, or within A/A",
        f"the frame is {FRAME[0]}x{FRAME[1]}; at 224 it is stretched, by Pillow where numpy prepares it",
        f"{options.seconds:g} s of sampling in each process after warm-up; ms: medians over all processes",
        *([] if len(others) > 1 else ["OpenCV is not installed here"]),
    ]
    return table.conclude(options.record)


def _compare(case: Case, others: list[str], options: Namespace, deadline: float, table: Table) -> None:
    with subject(case.model, case.res, case.runtime) as found, tempfile.TemporaryDirectory() as folder:
        ways = _ways(found, [OURS, *others], options.seconds, Path(folder))
        order = [others[0], OURS, OURS, *others[1:]]
        gathered = gather(ways, order, rounds_of(options.rounds, len(order)), deadline)
    for other in others:
        agreement = gathered.agreement(OURS, other)
        table.add(
            case,
            other,
            gathered.ms(other),
            gathered.ms(OURS),
            f"{agreement.ratio:.3f}" if agreement.is_known else "not measured",
            f"{len(agreement.ratios)} of {len(gathered.of(OURS, other))}",
            f"{agreement.noise:.1%}" if agreement.is_known else "",
            holds=agreement.is_no_slower(),
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


if __name__ == "__main__":
    sys.exit(main())
