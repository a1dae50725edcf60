"""What a check costs besides loading the runtime, warming up and sampling, where its artefact is in the cache."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise
from statistics import median

from benchmarks.checked import Checked, check
from benchmarks.fresh import EDGEPROF, heard
from benchmarks.table import Table, arguments_of
from edgeprof.core.measurement import Process

MOST_S = 1.0
MOST_PER_PROCESS_S = 0.3
_LOOK_S = 0.05


def main() -> int:
    parser = arguments_of("overhead", __doc__)
    parser.add_argument("--model", default="mobilenetv3_large_100")
    parser.add_argument("--runtime", default="onnxruntime")
    parser.add_argument("--rounds", type=int, default=3, help="whole checks, of some 40 s each")
    parser.add_argument("--quick-look", action="store_true", help="one second a process: to see that it works")
    options = parser.parse_args()
    asked = [options.model, "--res", "224", "--runtime", options.runtime, "--p99", "10s"]
    check(*asked, "--quick")  # exports and proves it, if that was not done before
    rest = ["--max-duration", "3s"] if options.quick_look else []
    seen = [check(*asked, *rest) for _ in range(options.rounds)]
    table = Table(
        f"Overhead of a check: {options.model} at 224, {options.runtime}", ("seconds", "median", "highest", "target")
    )
    _add(table, "the whole command", [checked.wall_s for checked in seen])
    inside = [sum(map(inside_s, checked.measurement.processes)) for checked in seen]
    _add(table, "loading the runtime, first inference, warm-up, sampling", inside)
    _add(table, "outside these", [c.wall_s - s for c, s in zip(seen, inside, strict=True)], MOST_S)
    _add(table, "of it before the first process", [before_first_s(checked) for checked in seen])
    _add(table, "of it a process, to the start of the next", [s for c in seen for s in gaps_s(c)], MOST_PER_PROCESS_S)
    _add(table, "of it from the last process's start to the end", [after_last_s(checked) for checked in seen])
    pieces = [heard("benchmarks.pieces", options.model, "224", options.runtime) for _ in range(3)]
    for name in pieces[0]:
        _add(table, f"piece: {name}", [taken[name] for taken in pieces])
    mapped = libraries_mapped([*asked, "--quick"], "torch")
    table.add("processes of a check that map torch's libraries", len(mapped), " ".join(mapped), "0", holds=not mapped)
    processes = len(seen[0].measurement.processes)
    table.notes += [
        f"{options.rounds} checks of {processes} processes, timed from outside",
        "subtracted, as saved: load_s, which holds the import of the runtime's library, and all samples, the first too",
        "samples taken after the decision, until the supervisor sees it, count as sampling",
        "a process begins where its record does: when the supervisor starts it",
        "the pieces are timed once more in a process of their own, which calls what check calls",
    ]
    return table.conclude(options.record)


def inside_s(process: Process) -> float:
    return (process.load_s or 0.0) + (process.first_inference_s or 0.0) + sum(process.warmup_s) + sum(process.samples_s)


def before_first_s(checked: Checked) -> float:
    return checked.measurement.processes[0].started_at - checked.began_at


def gaps_s(checked: Checked) -> list[float]:
    processes = checked.measurement.processes
    return [after.started_at - before.started_at - inside_s(before) for before, after in pairwise(processes)]


def after_last_s(checked: Checked) -> float:
    last = checked.measurement.processes[-1]
    return checked.began_at + checked.wall_s - last.started_at - inside_s(last)


def libraries_mapped(arguments: list[str], name: str) -> list[str]:
    """Of a running check and all its processes, those that have a library of that name in memory."""
    import psutil

    found = set()
    seen = 0
    with subprocess.Popen(
        [EDGEPROF, "check", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        whole = psutil.Process(started.pid)
        while started.poll() is None:
            try:
                for process in (whole, *whole.children(recursive=True)):
                    paths = [mapped.path for mapped in process.memory_maps()]
                    seen = max(seen, len(paths))
                    found |= {path.rpartition("/")[2] for path in paths if name in path}
            except psutil.Error:
                pass  # it ended while we looked
            time.sleep(_LOOK_S)
    if not seen:
        raise RuntimeError("nothing could be seen of the check's processes")
    return sorted(found)


def _add(table: Table, name: str, seconds: list[float], most_s: float | None = None) -> None:
    table.add(
        name,
        f"{median(seconds):.3f}",
        f"{max(seconds):.3f}",
        f"<= {most_s:g}" if most_s else "",
        holds=median(seconds) <= most_s if most_s else None,
    )


if __name__ == "__main__":
    sys.exit(main())
