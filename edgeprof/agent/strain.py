"""What else the machine did between two moments: other programs, the hypervisor, the cgroup's quota, swapping."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from edgeprof.agent.host import cgroup_folders, cores
from edgeprof.core.measurement import Strain

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SHORTEST_S = 0.5  # below it, clock ticks of 10 ms say too little of a share


@dataclass(frozen=True)
class Counters:
    """Totals since boot, to be compared with later ones."""

    at_s: float
    busy_s: Optional[float]  # of our cores, ours included
    steal_s: Optional[float]
    ours_s: float
    throttled_s: Optional[float]
    swapped_in_pages: Optional[int]


def count(pids: List[int]) -> Counters:
    """Read everything now; `pids` are the measured process and whoever watches it."""
    busy_s, steal_s = _cpu_s()
    return Counters(
        time.monotonic(), busy_s, steal_s, sum(_cpu_s_of(pid) for pid in pids), _throttled_s(), _swapped_in()
    )


def between(before: Counters, after: Counters) -> Strain:
    seconds = after.at_s - before.at_s
    if seconds < _SHORTEST_S:
        return Strain(seconds)
    available_s = seconds * len(cores())
    foreign_share = steal_share = throttled_share = swapped = None
    if before.busy_s is not None and after.busy_s is not None:
        foreign_s = (after.busy_s - before.busy_s) - (after.ours_s - before.ours_s)
        foreign_share = max(0.0, foreign_s / available_s)
    if before.steal_s is not None and after.steal_s is not None:
        steal_share = (after.steal_s - before.steal_s) / available_s
    if before.throttled_s is not None and after.throttled_s is not None:
        throttled_share = (after.throttled_s - before.throttled_s) / seconds
    if before.swapped_in_pages is not None and after.swapped_in_pages is not None:
        swapped = (after.swapped_in_pages - before.swapped_in_pages) * _PAGE_BYTES
    return Strain(seconds, foreign_share, steal_share, throttled_share, swapped)


def _cpu_s() -> Tuple[Optional[float], Optional[float]]:
    """Busy and stolen seconds of our cores, from lines such as `cpu0 4705 356 584 3699 23 23 0 0 0 0`."""
    ours = {f"cpu{core}" for core in cores()}
    busy = steal = 0
    for line in _text("/proc/stat").splitlines():
        words = line.split()
        if words and words[0] in ours and len(words) >= 9:
            user, nice, system, _idle, _iowait, irq, softirq, stolen = map(int, words[1:9])
            busy += user + nice + system + irq + softirq
            steal += stolen
    if not busy:
        return None, None
    return busy / _TICKS_PER_S, steal / _TICKS_PER_S


def _cpu_s_of(pid: int) -> float:
    """utime and stime of a process; the name before them may hold spaces, so count from its closing bracket."""
    _, _, rest = _text(f"/proc/{pid}/stat").rpartition(")")
    words = rest.split()
    return (int(words[11]) + int(words[12])) / _TICKS_PER_S if len(words) > 12 else 0.0


def _throttled_s() -> Optional[float]:
    total = None
    for folder in cgroup_folders("cpu"):
        text = _text(str(folder / "cpu.stat"))
        unified = re.search(r"^throttled_usec (\d+)", text, re.MULTILINE)  # throttled_usec 1234
        older = re.search(r"^throttled_time (\d+)", text, re.MULTILINE)  # throttled_time 1234000
        if unified:
            total = max(total or 0.0, int(unified.group(1)) / 1e6)
        elif older:
            total = max(total or 0.0, int(older.group(1)) / 1e9)
    return total


def _swapped_in() -> Optional[int]:
    match = re.search(r"^pswpin (\d+)", _text("/proc/vmstat"), re.MULTILINE)  # pswpin 0
    return int(match.group(1)) if match else None


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
