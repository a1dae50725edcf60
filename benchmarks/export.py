"""What `edgeprof convert` adds to torch's own export of a model, step by step, and how fast it is found again."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.fresh import ROOT, heard, timed, unset
from benchmarks.table import Table, arguments_of

MOST = 1.20  # of the bare export's time, parity apart
FOUND_MOST_S = 0.050
# What belongs to parity, as convert tells it: the source's own answers, its rounding, and the runtime's answers.
PARITY = ("computing the reference", "measuring the rounding", "proving")
_SIZES = {"native": "native", "1080": "1080x1920"}
CASES = (
    *(("mobilenetv3_large_100", "native"), ("resnet50", "native"), ("vit_tiny_patch16_224", "native")),
    *(("convnext_tiny", "native"), ("mobilenetv3_large_100", "1080"), ("resnet50", "1080")),
)


@dataclass(frozen=True)
class Conversion:
    """A whole `edgeprof convert`, with the seconds of each step that it told of."""

    wall_s: float
    steps: Mapping[str, float]

    @property
    def parity_s(self) -> float:
        return sum(taken for step, taken in self.steps.items() if step.startswith(PARITY))


def main() -> int:
    options = _parser().parse_args()
    table = Table("Export", ("case", "what", "median s", "lowest s", "highest s", "target"))
    deadline = time.monotonic() + 60 * options.minutes
    for model, res in CASES:
        if options.only and not any(text in f"{model}@{res}" for text in options.only):
            continue
        if time.monotonic() >= deadline:
            table.notes.append(f"{model}@{res}: no time was left")
            continue
        _compare(table, model, res, options.rounds, deadline)
    table.notes += [
        "fresh processes, alternated, from their start to their end; edgeprof's cache is empty each time",
        f"parity: the steps that begin with {', '.join(PARITY)}; random weights are made and hardened in the first",
        "found: in a process that has imported edgeprof and read its request; by size and stamp",
    ]
    return table.conclude(options.record)


def _parser() -> ArgumentParser:
    parser = arguments_of("export", __doc__)
    parser.add_argument(
        "--only", action="append", metavar="TEXT", help="only cases whose name, as a@native, holds this"
    )
    parser.add_argument("--rounds", type=int, default=3, help="fresh processes of each")
    parser.add_argument("--minutes", type=float, default=20.0, help="begin nothing more after so long")
    return parser


def _compare(table: Table, model: str, res: str, rounds: int, deadline: float) -> None:
    bare: list[float] = []
    ours: list[Conversion] = []
    found: list[float] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="edgeprof-export-") as folder:
            path = str(Path(folder) / "bare.onnx")
            bare.append(timed([sys.executable, "-m", "benchmarks.bare_export", model, _SIZES[res], path]))
            cache = Path(folder) / "cache"
            ours.append(converted(model, res, cache))
            found.append(heard("benchmarks.found", model, res, EDGEPROF_CACHE=str(cache))["found_s"])
        if time.monotonic() >= deadline:
            break
    beyond = [each.wall_s - each.parity_s for each in ours]
    ratio = median(beyond) / median(bare)
    case = f"{model}@{res}"
    _add(table, case, "torch.onnx.export of the bare model", bare)
    _add(table, case, "edgeprof convert", [each.wall_s for each in ours])
    _add(table, case, "of it parity", [each.parity_s for each in ours])
    _add(table, case, f"without parity: {ratio:.2f} of the bare export", beyond, f"<= {MOST:.2f}", holds=ratio <= MOST)
    for step in ours[0].steps:
        _add(table, case, f"step: {step}", [each.steps.get(step, 0.0) for each in ours])
    _add(table, case, "found in the cache", found, f"<= {FOUND_MOST_S:g} s", holds=median(found) <= FOUND_MOST_S)


def converted(model: str, res: str, cache: Path) -> Conversion:
    """As a user runs it, each line on standard error stamped as it comes."""
    command = [sys.executable, "-m", "edgeprof", "convert", model, "--res", res]
    begin = time.perf_counter()
    told: list[tuple[float, str]] = [(0.0, "starting")]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**unset("EDGEPROF_LOCK"), "EDGEPROF_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            told.append((time.perf_counter() - begin, line.strip()))
    wall_s = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"edgeprof convert {model} --res {res} ended with {process.returncode}: {told[-1][1]}")
    return Conversion(wall_s, steps_of(told, wall_s))


def steps_of(told: Iterable[tuple[float, str]], end_s: float) -> dict[str, float]:
    """Seconds from each line to the next, under what the line says; lines alike are added up."""
    lines = [*told, (end_s, "")]
    steps: dict[str, float] = {}
    for (begin_s, words), (until_s, _) in pairwise(lines):
        steps[words] = steps.get(words, 0.0) + until_s - begin_s
    return steps


def _add(
    table: Table, case: str, what: str, seconds: list[float], target: str = "", *, holds: bool | None = None
) -> None:
    shown = (f"{each:.3f}" for each in (median(seconds), min(seconds), max(seconds)))
    table.add(case, what, *shown, target, holds=holds)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
