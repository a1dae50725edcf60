"""Peak memory of a process, and whether the kernel killed one for want of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional, Union

from edgeprof.agent.host import cgroup_folders


def peak_bytes(pid: Union[int, str] = "self") -> Optional[int]:
    """VmHWM: since the last exec, unlike ru_maxrss, which survives it and reports the parent's."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)  # VmHWM:	  123456 kB
    return int(match.group(1)) * 1024 if match else None


def kills_for_memory() -> int:
    """How often the kernel has killed for memory, here and in our cgroups, so far: compare two calls."""
    total = 0
    files = [Path("/proc/vmstat")]
    for folder in cgroup_folders("memory"):
        files += [folder / "memory.events", folder / "memory.oom_control"]
    for path in files:
        try:
            match = re.search(r"^oom_kill (\d+)", path.read_text(encoding="utf-8"), re.MULTILINE)  # oom_kill 3
        except OSError:
            continue
        total += int(match.group(1)) if match else 0
    return total
