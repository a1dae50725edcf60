"""Temperatures of the kernel's thermal zones, and whether one has reached the limit at which it slows things down."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from edgeprof.agent.telemetry.gauge import Gauge, gauge_at, number_at, shown, words_at
from edgeprof.agent.telemetry.source import Readings, Source

_CHIPS = ("coretemp", "k10temp")  # of hwmon, where a PC has no zone of its processor
_LEAST_C = -200.0  # -256000: the sensor's power is off
_LEAST_LIMIT_C = 60.0  # firmware of PCs names passive limits of 0 and 20 degrees, and does not mean them
_MOST_TRIPS = 12


class Zone(NamedTuple):
    gauge: Gauge
    limit_c: Optional[float]
    way: str


def source_of(root: Path) -> Optional[Source]:
    zones = zones_at(root)
    if not zones:
        return None
    ways = {**{series: zone.way for series, zone in zones.items()}, "zones_at_limit": "the zones' passive trip points"}

    def read() -> Readings:
        found = {}
        at_limit: List[bool] = []
        for series, zone in zones.items():
            degrees = zone.gauge.read()
            if degrees is None or degrees < _LEAST_C or degrees == 0:  # a gated sensor says -256, 0 or nothing
                continue
            found[series] = degrees
            if zone.limit_c is not None:
                at_limit.append(degrees >= zone.limit_c)
        if at_limit:
            found["zones_at_limit"] = float(sum(at_limit))
        return found

    def close() -> None:
        for zone in zones.values():
            zone.gauge.close()

    return Source(read, lambda series: ways[series], close=close)


def zones_at(root: Path) -> Dict[str, Zone]:
    """By the series each makes; zones of the same type are numbered."""
    found: Dict[str, Zone] = {}
    for kind, path, limit_c in (*_of_zones(root), *_of_chips(root)):
        gauge = gauge_at(path, 1e-3)
        if gauge is not None:
            found[_unused(kind, found)] = Zone(gauge, limit_c, shown(path, root))
    return found


def _of_zones(root: Path) -> Iterator[Tuple[str, Path, Optional[float]]]:
    folders = list(root.glob("sys/class/thermal/thermal_zone*"))
    folders = folders or list(root.glob("sys/devices/virtual/thermal/thermal_zone*"))
    for folder in sorted(folders, key=_number):
        yield words_at(folder / "type") or folder.name, folder / "temp", _limit_c(folder)


def _of_chips(root: Path) -> Iterator[Tuple[str, Path, Optional[float]]]:
    for folder in sorted(root.glob("sys/class/hwmon/hwmon*"), key=_number):
        chip = words_at(folder / "name")
        if chip in _CHIPS:
            yield chip, folder / "temp1_input", None


def _limit_c(folder: Path) -> Optional[float]:
    """The lowest passive trip point: from there on the kernel makes the device slower."""
    limits: List[float] = []
    for n in range(_MOST_TRIPS):
        kind = words_at(folder / f"trip_point_{n}_type")
        if not kind:
            break
        limit = number_at(folder / f"trip_point_{n}_temp")
        if kind == "passive" and limit is not None and limit / 1e3 >= _LEAST_LIMIT_C:
            limits.append(limit / 1e3)
    return min(limits, default=None)


def _unused(kind: str, taken: Dict[str, Zone]) -> str:
    """CPU-therm, cpu-thermal and cpu_thermal are all the series temperature_cpu_c."""
    zone = kind.lower().replace("_", "-")
    for ending in ("-thermal", "-therm"):
        if zone.endswith(ending):
            zone = zone[: -len(ending)]
    zone = "".join(c if c.isalnum() else "_" for c in zone)
    series, n = f"temperature_{zone}_c", 2
    while series in taken:
        series, n = f"temperature_{zone}_{n}_c", n + 1
    return series


def _number(folder: Path) -> int:
    digits = "".join(c for c in folder.name if c.isdecimal())
    return int(digits) if digits else -1
