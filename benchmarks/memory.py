"""Whether the peak that edgeprof reports is the one of a bare script, and the same whatever its parent's size."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.fresh import heard
from benchmarks.product import subject
from benchmarks.table import Table, arguments_of

WITHIN, WITHIN_BYTES = 0.05, 8 << 20
PARENT_WITHIN_BYTES = 2 << 20
_PARENT_BYTES = 2 << 30
_MIB = 1 << 20
_SIZES = (("mobilenetv3_large_100", "224"), ("resnet50", "224"), ("mobilenetv3_large_100", "1080"))
_RUNTIMES = ("onnxruntime", "openvino")


def main() -> int:
    parser = arguments_of("memory", __doc__)
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes of each")
    parser.add_argument("--seconds", type=float, default=1.0, help="sampling in each")
    parser.add_argument("--parent", nargs=4, metavar=("MODEL", "RES", "RUNTIME", "BYTES"), help="one peak, as JSON")
    options = parser.parse_args()
    if options.parent:
        model, res, runtime, size = options.parent
        print(json.dumps(peak_below_parent(model, res, runtime, int(size), options.seconds)))
        return 0
    columns = ("case", "beside", "reported MiB", "its MiB", "difference MiB", "spread MiB", "target")
    table = Table("Peak memory: medians of alternated fresh processes", columns)
    for runtime in _RUNTIMES:
        for model, res in _SIZES:
            _beside_bare(table, model, res, runtime, options.rounds, options.seconds)
    for runtime in _RUNTIMES:
        _beside_large_parent(table, *_SIZES[0], runtime, options.rounds, options.seconds)
    table.notes.append(f"{options.rounds} processes of each; spread: of the reported peaks, largest less smallest")
    return table.conclude(options.record)


def peak_below_parent(model: str, res: str, runtime: str, parent_bytes: int, seconds: float) -> int:
    """The peak that a measured process reports when this process, which starts it, holds so much."""
    held = bytearray(b"x") * parent_bytes
    with subject(model, res, runtime) as found:
        peak = found.measure(seconds).peak_memory_bytes
    del held
    if peak is None:
        raise RuntimeError("no peak was reported")
    return peak


def is_near(reported: float, bare: float) -> bool:
    return abs(reported - bare) <= max(WITHIN * bare, WITHIN_BYTES)


def _beside_bare(table: Table, model: str, res: str, runtime: str, rounds: int, seconds: float) -> None:
    reported, bare = [], []
    with subject(model, res, runtime) as found, tempfile.TemporaryDirectory() as folder:
        arguments = found.bare(seconds, found.save_inputs(Path(folder)))
        for _ in range(rounds):
            reported.append(found.measure(seconds).peak_memory_bytes or 0)
            bare.append(heard("benchmarks.bare", *arguments)["peak_bytes"])
    holds = is_near(median(reported), median(bare))
    _add(table, f"{model}@{res}/{runtime}", "bare script", reported, bare, "5 % or 8 MiB", holds=holds)


def _beside_large_parent(table: Table, model: str, res: str, runtime: str, rounds: int, seconds: float) -> None:
    small: list[int] = []
    large: list[int] = []
    for _ in range(rounds):
        for peaks, size in ((small, 0), (large, _PARENT_BYTES)):
            asked = ("--seconds", str(seconds), "--parent", model, res, runtime, str(size))
            peaks.append(heard("benchmarks.memory", *asked))
    holds = abs(median(small) - median(large)) <= PARENT_WITHIN_BYTES
    _add(table, f"{model}@{res}/{runtime}", "a parent of 2 GiB", small, large, "2 MiB", holds=holds)


def _add(
    table: Table, name: str, beside: str, reported: list[int], others: list[int], target: str, *, holds: bool
) -> None:
    difference = median(reported) - median(others)
    table.add(
        name,
        beside,
        f"{median(reported) / _MIB:.1f}",
        f"{median(others) / _MIB:.1f}",
        f"{difference / _MIB:+.1f}",
        f"{(max(reported) - min(reported)) / _MIB:.1f}",
        target,
        holds=holds,
    )


if __name__ == "__main__":
    sys.exit(main())
