"""Peak memory of a process, and whether the kernel killed one for want of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional, Union

from edgeprof.agent.files import bytes_of, text_of
from edgeprof.agent.host import cgroup_folders


def peak_bytes(pid: Union[int, str] = "self") -> Optional[int]:
    """VmHWM: since the last exec, unlike ru_maxrss, which survives it and reports the parent's."""
    return bytes_of("VmHWM", text_of(Path(f"/proc/{pid}/status")))


def available_bytes() -> Optional[int]:
    """What may still be taken before the machine swaps or a cgroup's limit is met; None where nothing tells."""
    room = [bytes_of("MemAvailable", text_of(Path("/proc/meminfo")))]
    return min((free for free in [*room, *map(_room_in, cgroup_folders("memory"))] if free is not None), default=None)


def _room_in(folder: Path) -> Optional[int]:
    """Below a cgroup's limit, version 2 or 1; pages of files that nobody uses are given up first."""
    for limit, usage, idle in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        most, used = text_of(folder / limit).strip(), text_of(folder / usage).strip()
        if most.isdigit() and used.isdigit():
            kept = re.search(rf"^{idle} (\d+)", text_of(folder / "memory.stat"), re.MULTILINE)  # inactive_file 4096
            return max(0, int(most) - int(used) + (int(kept.group(1)) if kept else 0))
    return None


def kills_for_memory() -> int:
    """How often the kernel has killed for memory, here and in our cgroups, so far: compare two calls."""
    total = 0
    files = [Path("/proc/vmstat")]
    for folder in cgroup_folders("memory"):
        files += [folder / "memory.events", folder / "memory.oom_control"]
    for path in files:
        match = re.search(r"^oom_kill (\d+)", text_of(path), re.MULTILINE)  # oom_kill 3
        total += int(match.group(1)) if match else 0
    return total
