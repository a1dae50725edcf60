"""How often a Jetson's over-current protection has stepped in, by the counters of its soctherm."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

from edgeprof.agent.telemetry.gauge import gauge_at, shown, words_at
from edgeprof.agent.telemetry.source import Source

# OC1: under-voltage; OC2: the average current; OC3: the momentary current.
_EVENTS = ("oc1_event_cnt", "oc2_event_cnt", "oc3_event_cnt")


def source_of(root: Path) -> Optional[Source]:
    for folder in sorted(root.glob("sys/class/hwmon/hwmon*")):
        if words_at(folder / "name") == "soctherm_oc":
            return _source(folder, root)
    return None


def _source(folder: Path, root: Path) -> Optional[Source]:
    found = {name.replace("cnt", "count"): gauge_at(folder / name) for name in _EVENTS}
    gauges = {name: gauge for name, gauge in found.items() if gauge is not None}
    if not gauges:
        return None

    def count() -> Dict[str, int]:
        values = {name: gauge.read() for name, gauge in gauges.items()}
        return {name: int(value) for name, value in values.items() if value is not None and value >= 0}

    def close() -> None:
        for gauge in gauges.values():
            gauge.close()

    return Source(dict, lambda _: shown(folder, root), float("inf"), count, close)
