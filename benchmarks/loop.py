"""What the timed loop itself costs: on a session that does nothing, with the sample file mapped as when measuring."""

from __future__ import annotations

import gc
import json
import sys
import time
from statistics import median

from benchmarks.fresh import heard
from benchmarks.table import Table, arguments_of
from edgeprof.agent import loop
from edgeprof.agent.runtimes import clock_of, runtime_of
from edgeprof.agent.samples import sample_file, samples_in_file
from edgeprof.core.stats.percentile import percentile

MOST_P50_S = 0.5e-6
MOST_P99_S = 2e-6


def main() -> int:
    parser = arguments_of("loop", __doc__)
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes")
    parser.add_argument("--samples", type=int, default=1_000_000, help="samples in each")
    parser.add_argument("--once", action="store_true", help="in this process and print JSON")
    options = parser.parse_args()
    if options.once:
        print(json.dumps(seen(options.samples)))
        return 0
    processes = [heard("benchmarks.loop", "--once", "--samples", str(options.samples)) for _ in range(options.rounds)]
    table = Table("The timed loop", ("per sample", "median ns", "lowest ns", "highest ns", "target"))
    for name, most_s in (("p50", MOST_P50_S), ("p99", MOST_P99_S), ("whole loop", None)):
        ns = [process[name] * 1e9 for process in processes]
        table.add(
            name,
            *(f"{value:.0f}" for value in (median(ns), min(ns), max(ns))),
            f"<= {most_s * 1e9:.0f} ns" if most_s else "",
            holds=median(ns) <= most_s * 1e9 if most_s else None,
        )
    table.notes.append(
        f"{options.rounds} fresh processes, {options.samples} samples each; whole loop: wall time / samples"
    )
    return table.conclude(options.record)


def seen(count: int) -> dict[str, float]:
    """Seconds a sample: what samples say of doing nothing, and what doing nothing costs in all."""
    samples = samples_in_file(sample_file())
    clock_ns = clock_of(runtime_of("onnxruntime"))
    gc.collect()
    gc.disable()  # as the measured process does
    begin = time.perf_counter()
    loop.run(_nothing, clock_ns, samples, until=count)
    wall_s = time.perf_counter() - begin
    gc.enable()
    latencies_s = samples.seconds(0, samples.count)
    return {"p50": percentile(latencies_s, 50), "p99": percentile(latencies_s, 99), "whole loop": wall_s / count}


def _nothing() -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
