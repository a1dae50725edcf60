"""Memory in use: the machine's, and on a board whose GPU shares it the peak that is the process's own."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Callable, Dict, Optional

from edgeprof.agent.board import device_tree
from edgeprof.agent.board.reading import text_of
from edgeprof.agent.telemetry.source import Readings, Source

_NVMAP = "sys/kernel/debug/nvmap/iovmm/clients"  # root's; Thor has none of CUDA's
_SIZE = re.compile(r"(\d{1,15})([KMG]?)", re.ASCII)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_MOST_BYTES = 1 << 13


class SharedMemory:
    """The peak of what a process holds of the one memory, host's and GPU's together, and how that was found.

    A peak is the highest of the looks. NVML tells it of Thor's GPU, and would be asked before MemAvailable.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._before_bytes = unavailable_bytes(root)
        self._of_gpu: Optional[int] = None
        self._grown: Optional[int] = None

    def look(self, pid: int) -> Readings:
        """What it holds now: by nvmap its part of the GPU's, else what the machine has come to use since before it."""
        of_gpu = nvmap_bytes(text_of(self._root / _NVMAP), pid)
        if of_gpu is not None:
            self._of_gpu = max(of_gpu, self._of_gpu or 0)
            return {"memory_gpu_bytes": float(of_gpu)}
        now = unavailable_bytes(self._root)
        if now is None or self._before_bytes is None:
            return {}
        grown = max(0, now - self._before_bytes)
        self._grown = max(grown, self._grown or 0)
        return {"memory_grown_bytes": float(grown)}

    def facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]:
        """Of a process's record; `host_peak_bytes` is its VmHWM, which a GPU's memory is no part of."""
        if host_peak_bytes is None:
            return {}  # it was gone before it could be asked
        if self._of_gpu is not None:
            return _fact(self._of_gpu + host_peak_bytes, "nvmap + VmHWM")
        if self._grown is None:
            return {"memory_method": "VmHWM"}  # and nobody knows of the GPU's
        if self._grown >= host_peak_bytes:
            return _fact(self._grown, "MemAvailable")
        # Pages of shared libraries that were there before it are no growth of the machine's, and yet its own.
        return _fact(host_peak_bytes, "VmHWM, above MemAvailable's growth")


def shares_memory(root: Path) -> bool:
    """Whether host and GPU have one memory, as on every Jetson."""
    return (device_tree.chip(device_tree.compatible(root)) or "").startswith("tegra")


def source_of(root: Path) -> Optional[Source]:
    """What all programs together use."""
    try:
        handle = os.open(root / "proc/meminfo", os.O_RDONLY)
    except OSError:
        return None

    def read() -> Readings:
        used = _unavailable(os.pread(handle, _MOST_BYTES, 0).decode("ascii", "replace"))
        return {} if used is None else {"memory_used_bytes": float(used)}

    return Source(read, lambda _: "/proc/meminfo", close=lambda: os.close(handle))


def source_of_process(look: Callable[[], Readings], pace_s: float) -> Source:
    ways = {"memory_gpu_bytes": f"/{_NVMAP}", "memory_grown_bytes": "/proc/meminfo, since before it was loaded"}
    return Source(look, lambda series: ways[series], pace_s)


def nvmap_bytes(table: str, pid: int) -> Optional[int]:
    """Of rows such as `user   gpu_burn     7979   23525644K`; None where there is no table or no row of the process."""
    rows = [line.split() for line in table.splitlines()]
    sizes = [_SIZE.fullmatch(row[-1]) for row in rows if len(row) >= 4 and row[-2] == str(pid)]
    known = [int(size.group(1)) * _UNITS[size.group(2)] for size in sizes if size]
    return sum(known) if known else None


def unavailable_bytes(root: Path) -> Optional[int]:
    return _unavailable(text_of(root / "proc/meminfo"))


def _unavailable(meminfo: str) -> Optional[int]:
    """MemTotal less MemAvailable; unlike MemFree it leaves out the page cache, which grows as files are read."""
    total, available = _kb("MemTotal", meminfo), _kb("MemAvailable", meminfo)
    return None if total is None or available is None else (total - available) * 1024


def _kb(key: str, meminfo: str) -> Optional[int]:
    match = re.search(rf"^{key}:\s+(\d{{1,15}}) kB$", meminfo, re.MULTILINE | re.ASCII)  # MemTotal:  7802880 kB
    return int(match.group(1)) if match else None


def _fact(size_bytes: int, method: str) -> Dict[str, Any]:
    return {"peak_memory_bytes": size_bytes, "memory_scope": "unified", "memory_method": method}
