"""Memory in use, as the kernel's files tell it: the machine's, and a process's part of the GPU's."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Optional

from edgeprof.agent.files import bytes_of, text_of
from edgeprof.agent.telemetry.source import Readings, Source

_SIZE = re.compile(r"(\d{1,15})([KMG]?)", re.ASCII)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_MOST_BYTES = 1 << 13


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


def nvmap_bytes(table: str, pid: int) -> Optional[int]:
    """Of rows such as `user   gpu_burn     7979   23525644K`; None where one of the process's own cannot be read.

    A row without its end may be cut anywhere, and a process that computes on the GPU holds more than nothing of it.
    """
    rows = [line.split() for line in table.splitlines(keepends=True) if line.endswith("\n")]
    sizes = [_SIZE.fullmatch(row[-1]) for row in rows if len(row) >= 4 and row[-2] == str(pid)]
    known = [int(size.group(1)) * _UNITS[size.group(2)] for size in sizes if size]
    return (sum(known) or None) if len(known) == len(sizes) else None


def file_bytes(root: Path, pid: int) -> Optional[int]:
    """The process's pages of files, libraries for most: they count as available, and yet it holds them."""
    return bytes_of("RssFile", text_of(root / f"proc/{pid}/status"))


def unavailable_bytes(root: Path) -> Optional[int]:
    return _unavailable(text_of(root / "proc/meminfo"))


def _unavailable(meminfo: str) -> Optional[int]:
    """MemTotal less MemAvailable; unlike MemFree it leaves out the page cache, which grows as files are read."""
    total, available = bytes_of("MemTotal", meminfo), bytes_of("MemAvailable", meminfo)
    return None if total is None or available is None or total < available else total - available
