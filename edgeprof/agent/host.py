"""What can be seen of the machine without asking anyone: cores, cgroup, memory, clocks, load."""

from __future__ import annotations

import os
import re
import sys
from math import ceil
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from edgeprof.agent.files import bytes_of, text_of
from edgeprof.agent.runtimes import RUNTIMES, Demanding, runtime_of, version_of
from edgeprof.core.codec import plain
from edgeprof.core.installed import installed_version

_SYSTEM = Path("/sys/devices/system/cpu")
# What decides how fast a precision is, and how 8 bits are best summed.
_TELLING_FLAGS = (
    "avx2",
    "avx512f",
    "avx512_bf16",
    "avx512_vnni",
    "avx_vnni",
    "amx_bf16",
    "amx_int8",
    "asimddp",
    "i8mm",
)


def facts() -> Dict[str, Any]:
    """For the record; every value may be missing."""
    from edgeprof.agent.board import whole  # here, because the measured process has no use for it
    from edgeprof.agent.board.reading import top

    seen = whole.read(top())
    meminfo = text_of(Path("/proc/meminfo"))
    system = os.uname()
    return {
        "hostname": system.nodename,
        "machine": system.machine,
        "system": f"{system.sysname} {system.release}",
        "python": sys.version.split()[0],
        "processor": _processor(),
        "cpu_flags": [flag for flag in cpu_flags() if flag in _TELLING_FLAGS],
        "cores": len(cores()),
        "cores_online": os.cpu_count(),
        "quota_cores": quota_cores(),
        "governor": governor(),
        "memory_bytes": bytes_of("MemTotal", meminfo),
        "memory_available_bytes": bytes_of("MemAvailable", meminfo),
        "memory_limit_bytes": memory_limit_bytes(),
        "load_average": os.getloadavg()[0],
        "numpy": installed_version("numpy"),
        "tensorrt": installed_version("tensorrt") if seen.tensorrt else None,
        "python_is_managed": _python_is_managed(),
        "temperatures": whole.temperatures(top()),
        "board": plain(seen),
    }


def runtimes(wanted: Sequence[str] = ()) -> List[Dict[str, Any]]:
    """Each runtime with its version here, None where it is missing, what it can compute in, and what else it lacks.

    That costs a second or more to find out, so it is left out of those that nobody wants; of none: all are wanted.
    """
    flags = cpu_flags()
    found = []
    for name in RUNTIMES:
        runtime = runtime_of(name)
        version = version_of(runtime)
        is_asked = version is not None and (not wanted or name in wanted)
        lack = runtime.absence() if is_asked and isinstance(runtime, Demanding) else None
        found.append(
            {
                "name": name,
                "version": version,
                "precisions": runtime.precisions(flags),
                "install": runtime.install,
                "lack": lack.message if lack else None,
                "remedy": lack.hint if lack else None,
            }
        )
    return found


def cores() -> List[int]:
    """The cores that this process may run on."""
    return sorted(os.sched_getaffinity(0))


def allowed_threads() -> int:
    """As many threads as run at once: the affinity mask, cut to the cgroup's quota."""
    quota = quota_cores()
    return len(cores()) if quota is None else max(1, min(len(cores()), ceil(quota)))


def quota_cores() -> Optional[float]:
    """Cores' worth of time that the cgroup allows; None where it sets no limit."""
    limits = []
    for folder in cgroup_folders("cpu"):
        unified = _words(folder / "cpu.max")
        if len(unified) == 2 and unified[0] != "max":
            limits.append(int(unified[0]) / int(unified[1]))
        quota, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
        if quota and period and int(quota[0]) > 0:
            limits.append(int(quota[0]) / int(period[0]))
    return min(limits, default=None)


def memory_limit_bytes() -> Optional[int]:
    """The tightest memory limit of the cgroups this process is in; None where there is none."""
    limits = []
    for folder in cgroup_folders("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            words = _words(folder / name)
            if words and words[0].isdigit() and int(words[0]) < 1 << 60:  # v1 spells "no limit" as 2^63 less a page
                limits.append(int(words[0]))
    return min(limits, default=None)


def cgroup_folders(
    controller: str, root: Path = Path("/sys/fs/cgroup"), table: str = "/proc/self/cgroup"
) -> List[Path]:
    """The folders of this process's cgroup and its parents, version 2 and version 1, that exist here."""
    folders = []
    for line in text_of(Path(table)).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "" or controller in controllers.split(","):
            top = root if controllers == "" else root / controller
            here = top / path.lstrip("/")
            folders += [folder for folder in (here, *here.parents) if folder == top or top in folder.parents]
    return [folder for folder in folders if folder.is_dir()]


def governor() -> Optional[str]:
    """The cpufreq governor of our cores; None where the machine has none, as most virtual ones do."""
    found = {(_words(_SYSTEM / f"cpu{core}/cpufreq/scaling_governor") or [""])[0] for core in cores()} - {""}
    return "/".join(sorted(found)) or None


def cpu_flags() -> Sequence[str]:
    match = re.search(r"^flags\s*:\s*(.*)$", text_of(Path("/proc/cpuinfo")), re.MULTILINE)  # flags : fpu avx512_bf16
    return match.group(1).split() if match else ()


def _python_is_managed() -> bool:
    """Whether pip refuses to install for it outside a virtual environment, as on Debian 12 and Ubuntu 24.04."""
    return sys.prefix == sys.base_prefix and Path(os.path.dirname(os.__file__), "EXTERNALLY-MANAGED").exists()


def _processor() -> Optional[str]:
    match = re.search(r"^model name\s*:\s*(.*)$", text_of(Path("/proc/cpuinfo")), re.MULTILINE)  # model name : AMD EPYC
    if match:
        return match.group(1)
    import platform  # here, since it takes 1 ms to import

    return platform.processor() or None


def _words(path: Path) -> List[str]:
    return text_of(path).split()
