"""How often Intel's processors have slowed down for their heat, by the kernel's own counts."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional

from edgeprof.agent.telemetry.gauge import number_at
from edgeprof.agent.telemetry.source import Source

_CORES = "sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/"


def source_of(root: Path) -> Optional[Source]:
    cores = sorted(root.glob(_CORES + "core_throttle_count"))
    packages = sorted(root.glob(_CORES + "package_throttle_count"))
    if not (cores or packages):
        return None

    def count() -> Dict[str, int]:
        found = {}
        each = _numbers(cores)
        if each:
            found["core_throttle_count"] = sum(each)
        each = _numbers(packages)
        if each:  # every core of a package says the same number
            found["package_throttle_count"] = max(each)
        return found

    return Source(dict, lambda _: "/" + _CORES.replace("[0-9]", "") + "*_throttle_count", float("inf"), count)


def _numbers(paths: List[Path]) -> List[int]:
    found = [number_at(path) for path in paths]
    return [count for count in found if count is not None and count >= 0]
