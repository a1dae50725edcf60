"""Whether edgeprof's p50 is the one that a bare loop, and OpenVINO's own benchmark_app, see of the same artefact."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.fresh import heard
from benchmarks.pairs import INTEGER_RATIO, ROUND_TRIP_RATIO, Agreement, Pair, Shot, clean, shoot
from benchmarks.product import Subject, subject
from benchmarks.table import Table, arguments_of
from edgeprof.agent.supervisor import lock_path
from edgeprof.core.files import locked

WITHIN = 0.03
FEWEST = 7
OURS, BARE, APP = "edgeprof", "bare loop", "benchmark_app"
_LOOK_S = 1.0
# `Median:        10.34 ms`, or in us below 1 ms
_MEDIAN = re.compile(r"Median:\s+([\d.]+) (ms|us)")
_UNITS = {"ms": 1e-3, "us": 1e-6}


@dataclass(frozen=True)
class Case:
    model: str
    res: str
    runtime: str

    def __str__(self) -> str:
        return f"{self.model}@{self.res}/{self.runtime}"


SIZES = (
    ("mobilenetv3_large_100", "224"),
    ("resnet50", "224"),
    ("vit_tiny_patch16_224", "224"),
    ("mobilenetv3_large_100", "1080"),
)
CASES = tuple(Case(model, res, runtime) for runtime in ("onnxruntime", "openvino") for model, res in SIZES)


def main() -> int:
    parser = arguments_of("agreement", __doc__)
    parser.add_argument("--case", action="append", metavar="TEXT", help="only cases whose name holds this")
    parser.add_argument("--pairs", type=int, default=FEWEST, help="clean pairs wanted of each kind")
    parser.add_argument("--seconds", type=float, default=3.0, help="sampling in each process")
    parser.add_argument("--case-minutes", type=float, default=20.0, help="give a case up after so long")
    parser.add_argument("--minutes", type=float, default=60.0, help="give the rest up after so long")
    options = parser.parse_args()
    wanted = [case for case in CASES if not options.case or any(text in str(case) for text in options.case)]
    title = "Agreement: p50 of alternated fresh processes"
    table = Table(title, ("case", "beside", "edgeprof ms", "its ms", "ratio", "clean pairs", "A/A within", "A/A pairs"))
    deadline = time.monotonic() + 60 * options.minutes
    for case in wanted:
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
        shots, pairs = _gather(ways, others, options.pairs, deadline)
    alike = [pair.ratio(OURS) for pair in clean(pairs) if pair.names == {OURS}]
    for other in others:
        between = [pair for pair in pairs if pair.names == {OURS, other}]
        ratios = [pair.ratio(OURS) for pair in clean(pairs) if pair.names == {OURS, other}]
        agreement = Agreement(ratios, alike)
        table.add(
            case,
            other,
            _ms(shots, OURS),
            _ms(shots, other),
            f"{agreement.ratio:.4f}" if ratios else "not measured",
            f"{len(ratios)} of {len(between)}",
            f"{agreement.noise:.1%}" if alike else "",
            f"{len(alike)} of {sum(pair.names == {OURS} for pair in pairs)}",
            holds=agreement.holds(WITHIN, options.pairs),
        )
        if min(len(ratios), len(alike)) < options.pairs:
            table.notes.append(f"{case}, {other}: given up, the machine was not steady for long enough")


def _gather(
    ways: dict[str, Callable[[], float]], others: Sequence[str], wanted: int, deadline: float
) -> tuple[list[Shot], list[Pair]]:
    """Rounds of neighbours until there are enough clean pairs of each kind, or the time is up."""
    order = [others[0], OURS, OURS, *others[1:]]
    shots: list[Shot] = []
    pairs: list[Pair] = []
    while time.monotonic() < deadline:
        fresh = []
        for name in order:
            fresh.append(shoot(name, ways[name]))
            print(f"    {name} {fresh[-1].p50_s * 1e3:.3f} ms, {_state(fresh[-1])}", file=sys.stderr)
        shots += fresh
        pairs += [Pair(first, second) for first, second in pairwise(fresh)]
        kinds = [pair.names for pair in clean(pairs)]
        if all(kinds.count(frozenset((OURS, other))) >= wanted for other in (OURS, *others)):
            break
        order.reverse()  # so that whatever comes second is each of them in turn
    return shots, pairs


def _ways(found: Subject, seconds: float, folder: Path) -> dict[str, Callable[[], float]]:
    inputs = found.save_inputs(folder)
    bare = found.bare(seconds, inputs)
    ways: dict[str, Callable[[], float]] = {
        OURS: lambda: median(found.measure(seconds).samples_s),
        BARE: lambda: _alone(lambda: median(heard("benchmarks.bare", *bare)["latencies_s"])),
    }
    if found.prepared.job.runtime == "openvino":
        command = _app_command(found, seconds, inputs, folder)
        ways[APP] = lambda: _alone(lambda: _median_of_app(command))
    return ways


def _alone(measure: Callable[[], float]) -> float:
    """Under the device's lock, which edgeprof's own process takes for itself."""

    def wait() -> bool:
        time.sleep(_LOOK_S)
        return False

    with locked(lock_path(), "benchmarks.agreement", lambda _holder: None, wait):
        return measure()


def _app_command(found: Subject, seconds: float, inputs: dict[str, Path], folder: Path) -> list[str]:
    # With -hint it refuses -nthreads, and takes the same from a file. Left alone it would feed images as uint8.
    threads = folder / "threads.json"
    threads.write_text(json.dumps({"CPU": {"INFERENCE_NUM_THREADS": str(found.threads)}}), encoding="utf-8")
    app = str(Path(sysconfig.get_path("scripts")) / "benchmark_app")
    return [
        *(app, "-m", found.artefact, "-d", "CPU", "-hint", "latency", "-api", "sync", "-infer_precision", "f32"),
        *("-ip", "f32", "-t", str(max(1, round(seconds))), "-load_config", str(threads)),
        *("-i", ",".join(f"{name}:{path}" for name, path in inputs.items())),
    ]


def _median_of_app(command: Sequence[str]) -> float:
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    match = _MEDIAN.search(ended.stdout)
    if not match or "INFERENCE_PRECISION_HINT: <Type: 'float32'>" not in ended.stdout:
        raise RuntimeError(f"benchmark_app gave no median in f32:\n{ended.stdout[-2000:]}")
    return float(match.group(1)) * _UNITS[match.group(2)]


def _state(shot: Shot) -> str:
    """The slowest core and the round trip, before and after."""
    seen = [f"{max(c.integer_s) * 1e9:.1f}/{(c.round_trip_s or 0) * 1e9:.0f}" for c in shot.canaries]
    return f"canary {' then '.join(seen)} ns"


def _ms(shots: Sequence[Shot], name: str) -> str:
    seen = [shot.p50_s for shot in shots if shot.name == name]
    return f"{median(seen) * 1e3:.3f}" if seen else ""


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
