"""The energy that a processor's packages have taken, by RAPL's counters, which wrap."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, List, Optional

from edgeprof.agent.telemetry.gauge import Gauge, gauge_at, number_at, words_at
from edgeprof.agent.telemetry.source import Readings, Source

_JOULES = 1e-6


class Package:
    """Joules since it was first read. Read more often than it wraps, which takes minutes, it never loses any."""

    def __init__(self, gauge: Gauge, range_j: float) -> None:
        self._gauge = gauge
        self._range_j = range_j
        self._last_j = gauge.read()
        self._total_j = 0.0

    def read(self) -> Optional[float]:
        now_j = self._gauge.read()
        if now_j is None or self._last_j is None:
            return None
        taken_j = now_j - self._last_j
        self._total_j += taken_j if taken_j >= 0 else taken_j + self._range_j
        self._last_j = now_j
        return self._total_j

    def close(self) -> None:
        self._gauge.close()


def source_of(root: Path, now_s: Callable[[], float] = time.monotonic) -> Optional[Source]:
    """None where there is no such counter, or only root may read it."""
    packages, names = [], []
    for folder in _folders(root):
        gauge, limit = gauge_at(folder / "energy_uj", _JOULES), number_at(folder / "max_energy_range_uj")
        if gauge is None or gauge.read() is None or limit is None or limit <= 0:
            return None  # of several packages all, or the sum is not the processor's
        packages.append(Package(gauge, limit * _JOULES))
        names.append(words_at(folder / "name"))
    if not packages:
        return None
    meter = _Meter(packages, now_s)
    return Source(meter.read, lambda _: f"RAPL {' + '.join(names)}", close=meter.close)


class _Meter:
    def __init__(self, packages: List[Package], now_s: Callable[[], float]) -> None:
        self._packages = packages
        self._now_s = now_s
        self._last_s = 0.0
        self._last_j: Optional[float] = None

    def read(self) -> Readings:
        """What was taken so far, and the mean power since the last time."""
        each = [package.read() for package in self._packages]
        known = [joules for joules in each if joules is not None]
        if len(known) < len(each):
            return {}
        now_s, now_j = self._now_s(), sum(known)
        found = {"energy_j": now_j}
        if self._last_j is not None and now_s > self._last_s:
            found["power_w"] = (now_j - self._last_j) / (now_s - self._last_s)
        self._last_s, self._last_j = now_s, now_j
        return found

    def close(self) -> None:
        for package in self._packages:
            package.close()


def _folders(root: Path) -> List[Path]:
    """The packages' zones: core, uncore and dram are parts of one or lie outside, psys is the whole platform."""
    zones = sorted(root.glob("sys/class/powercap/intel-rapl:*"))
    return [zone for zone in zones if words_at(zone / "name").startswith("package")]
