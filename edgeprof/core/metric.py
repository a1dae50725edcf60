"""What a budget may limit: a row a metric, with its unit, its scale to seconds, bytes and joules, and its direction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Dict, List, Optional, Tuple

MIB = 1024.0 * 1024.0


class Judging(str, Enum):
    """How processes are put together for one metric."""

    SEQUENTIALLY = "sequentially"  # a percentile: each process by the sequential test
    PER_PROCESS = "per process"  # PASS when every process meets it, FAIL when none does
    BY_THE_WORST = "by the worst"  # the highest process decides
    EXACTLY = "exactly"  # one number, nothing to be unsure of


@dataclass(frozen=True)
class Metric:
    """A row of the table. A value in config times `scale` is the value inside the program."""

    key: str
    title: str
    unit: str
    scale: float
    higher_is_better: bool
    judged: Judging
    percent: Optional[float] = None

    @property
    def bound_word(self) -> str:
        return "min" if self.higher_is_better else "max"

    @property
    def sign(self) -> str:
        return ">=" if self.higher_is_better else "<="

    @property
    def is_of_power(self) -> bool:
        """Read from telemetry, and moved by whatever else the machine does."""
        return self.key in ("power_w", "energy_mj")

    @property
    def q0(self) -> float:
        """The share of latencies that may exceed a percentile's limit."""
        if self.percent is None:
            raise ValueError(f"{self.key} is not a percentile")
        return round(1 - self.percent / 100, 9)

    def meets(self, value: float, bound: float) -> bool:
        return value >= bound if self.higher_is_better else value <= bound

    def shown(self, value: float) -> float:
        """The value in the unit people read."""
        return value / self.scale


_METRICS = (
    Metric("fps", "fps", "/s", 1.0, True, Judging.PER_PROCESS),
    Metric("memory_mib", "peak memory", "MiB", MIB, False, Judging.BY_THE_WORST),
    Metric("load_s", "load time", "s", 1.0, False, Judging.PER_PROCESS),
    Metric("size_mib", "artefact size", "MiB", MIB, False, Judging.EXACTLY),
    Metric("power_w", "mean power", "W", 1.0, False, Judging.BY_THE_WORST),
    Metric("energy_mj", "energy a frame", "mJ", 1e-3, False, Judging.BY_THE_WORST),
)
METRICS: Dict[str, Metric] = {metric.key: metric for metric in _METRICS}

# Model Analyzer's names: the key they mean here, and the factor from their unit to that key's (MB are of 10^6 bytes).
ALIASES: Dict[str, Tuple[str, float]] = {
    "perf_latency_p99": ("p99_ms", 1.0),
    "perf_latency_p95": ("p95_ms", 1.0),
    "perf_latency_p90": ("p90_ms", 1.0),
    "perf_throughput": ("fps", 1.0),
    "gpu_used_memory": ("memory_mib", 1e6 / MIB),
    "cpu_used_ram": ("memory_mib", 1e6 / MIB),
}

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,3})?)_ms")  # p99_ms, p99.9_ms


def metric_of(key: str) -> Optional[Metric]:
    """The metric a budget key names, aliases aside; None where there is none."""
    match = _PERCENTILE.fullmatch(key)
    if not match:
        return METRICS.get(key)
    percent = float(match.group(1))
    if not 0 < percent < 100:
        return None
    return Metric(f"p{percent:g}_ms", f"p{percent:g} latency", "ms", 1e-3, False, Judging.SEQUENTIALLY, percent)


def known_keys() -> List[str]:
    return ["p99_ms", "p50_ms", *METRICS, *ALIASES]


def nearest_key(key: str) -> Optional[str]:
    near = get_close_matches(key, [*known_keys(), "p90_ms", "p95_ms", "p99.9_ms"], n=1)
    return near[0] if near else None
