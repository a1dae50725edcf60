"""Whether edgeprof's p50 is the one that a bare loop, and OpenVINO's own benchmark_app, see of the same artefact."""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median

from benchmarks.app import command_of, median_of
from benchmarks.fresh import alone, heard
from benchmarks.pairs import INTEGER_RATIO, ROUND_TRIP_RATIO, Gathered, Shot, clean, gather
from benchmarks.product import Case, Subject, asked_for, cases, subject
from benchmarks.table import Table, arguments_of

WITHIN = 0.03
FEWEST = 7
OURS, BARE, APP = "edgeprof", "bare loop", "benchmark_app"


SIZES = (
    ("mobilenetv3_large_100", "224"),
    ("resnet50", "224"),
    ("vit_tiny_patch16_224", "224"),
    ("mobilenetv3_large_100", "1080"),
)
CASES = cases(SIZES)


def main() -> int:
    parser = arguments_of("agreement", __doc__)
    parser.add_argument("--case", action="append", metavar="TEXT", help="only cases whose name holds this")
    parser.add_argument("--pairs", type=int, default=FEWEST, help="clean pairs wanted of each kind")
    parser.add_argument("--seconds", type=float, default=3.0, help="sampling in each process")
    parser.add_argument("--case-minutes", type=float, default=20.0, help="give a case up after so long")
    parser.add_argument("--minutes", type=float, default=60.0, help="give the rest up after so long")
    options = parser.parse_args()
    title = "Agreement: p50 of alternated fresh processes"
    table = Table(title, ("case", "beside", "edgeprof ms", "its ms", "ratio", "clean pairs", "A/A within", "A/A pairs"))
    deadline = time.monotonic() + 60 * options.minutes
    for case in asked_for(CASES, options.case):
        _compare(case, options, min(deadline, time.monotonic() + 60 * options.case_minutes), table)
    table.notes += [
        f"holds: |median ratio - 1| <= {WITHIN:.0%}, or <= the largest deviation of an A/A pair (A/A within)",
        f"and at least {options.pairs} clean pairs of each kind; a pair is two neighbouring processes",
        f"clean: its four canaries' round trips within {ROUND_TRIP_RATIO} x, slowest cores within {INTEGER_RATIO} x",
        f"{options.seconds:g} s of sampling in each process after warm-up; ms: medians over all processes",
    ]
    return table.conclude(options.record)


def _compare(case: Case, options: Namespace, deadline: float, table: Table) -> None:
    with subject(case.model, case.res, case.runtime) as found, tempfile.TemporaryDirectory() as folder:
        ways = _ways(found, options.seconds, Path(folder))
        others = [name for name in ways if name != OURS]
        order = [others[0], OURS, OURS, *others[1:]]
        gathered = gather(ways, order, _has_clean(options.pairs, others), deadline, _say)
    for other in others:
        agreement = gathered.agreement(OURS, other)
        table.add(
            case,
            other,
            gathered.ms(OURS),
            gathered.ms(other),
            f"{agreement.ratio:.4f}" if agreement.ratios else "not measured",
            f"{len(agreement.ratios)} of {len(gathered.of(OURS, other))}",
            f"{agreement.noise:.1%}" if agreement.alike else "",
            f"{len(agreement.alike)} of {len(gathered.of(OURS))}",
            holds=agreement.holds(WITHIN, options.pairs),
        )
        if min(len(agreement.ratios), len(agreement.alike)) < options.pairs:
            table.notes.append(f"{case}, {other}: given up, the machine was not steady for long enough")


def _has_clean(wanted: int, others: Sequence[str]) -> Callable[[Gathered], bool]:
    """So many pairs of edgeprof with each of the others, and with itself."""
    return lambda gathered: all(len(clean(gathered.of(OURS, other))) >= wanted for other in (OURS, *others))


def _say(shot: Shot) -> None:
    print(f"    {shot.name} {shot.p50_s * 1e3:.3f} ms, {_state(shot)}", file=sys.stderr)


def _ways(found: Subject, seconds: float, folder: Path) -> dict[str, Callable[[], float]]:
    inputs = found.save_inputs(folder)
    bare = found.bare(seconds, inputs)
    ways: dict[str, Callable[[], float]] = {
        OURS: lambda: median(found.measure(seconds).samples_s),
        BARE: lambda: alone(lambda: median(heard("benchmarks.bare", *bare)["latencies_s"])),
    }
    if found.prepared.job.runtime == "openvino":
        app = command_of(found.artefact, inputs, seconds, folder, threads=found.threads)
        ways[APP] = lambda: alone(lambda: median_of(app))
    return ways


def _state(shot: Shot) -> str:
    """The slowest core and the round trip, before and after."""
    seen = [f"{max(c.integer_s) * 1e9:.1f}/{(c.round_trip_s or 0) * 1e9:.0f}" for c in shot.canaries]
    return f"canary {' then '.join(seen)} ns"


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
