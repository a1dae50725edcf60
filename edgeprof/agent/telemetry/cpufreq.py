"""The highest clock of the cores that the model may run on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, Optional, Sequence

from edgeprof.agent.files import text_of
from edgeprof.agent.telemetry.gauge import gauge_at, shown
from edgeprof.agent.telemetry.source import Readings, Source

_MOST_READ = 8  # some kernels interrupt a core to tell its clock
_MHZ = re.compile(r"^cpu MHz\s*:\s*(\d{1,6}(?:\.\d{1,6})?)\s*$", re.MULTILINE)  # cpu MHz		: 2599.998


def source_of(root: Path, cores: Sequence[int]) -> Optional[Source]:
    """From cpufreq, which virtual machines lack; then as /proc/cpuinfo has it."""
    return _of_cpufreq(root, cores) or _of_cpuinfo(root)


def _of_cpufreq(root: Path, cores: Sequence[int]) -> Optional[Source]:
    paths = [root / f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq" for core in _spread(cores)]
    found = [(path, gauge_at(path, 1e3)) for path in paths]  # in kHz
    gauges = [gauge for _, gauge in found if gauge is not None]
    if not gauges:
        return None

    def read() -> Readings:
        clocks = [hz for hz in (gauge.read() for gauge in gauges) if hz]
        return {"cpu_hz": max(clocks)} if clocks else {}

    def close() -> None:
        for gauge in gauges:
            gauge.close()

    way = shown(paths[0], root).replace(f"cpu{_spread(cores)[0]}", "cpu*")
    return Source(read, lambda _: way, close=close)


def _of_cpuinfo(root: Path) -> Optional[Source]:
    path = root / "proc/cpuinfo"

    def read() -> Readings:
        clocks = [float(mhz) for mhz in _MHZ.findall(text_of(path))]
        return {"cpu_hz": max(clocks) * 1e6} if any(clocks) else {}

    return Source(read, lambda _: "/proc/cpuinfo") if read() else None


def _spread(cores: Sequence[int]) -> List[int]:
    """So many of them, from all over: clusters of fast and slow cores lie side by side."""
    if len(cores) <= _MOST_READ:
        return list(cores)
    return [cores[i * (len(cores) - 1) // (_MOST_READ - 1)] for i in range(_MOST_READ)]
