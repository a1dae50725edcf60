"""The INA3221 power monitors of a Jetson, read where tegrastats does not tell of them, as in most containers."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from edgeprof.agent.telemetry.gauge import Gauge, gauge_at, shown, words_at
from edgeprof.agent.telemetry.rails import NOT_CONNECTED, series_of, total_w, total_words
from edgeprof.agent.telemetry.source import Readings, Source


class Rail(NamedTuple):
    """Watts, or volts and amperes, and the folder that they are in."""

    factors: Tuple[Gauge, ...]
    way: str

    def watts(self) -> Optional[float]:
        watts = 1.0
        for factor in self.factors:
            value = factor.read()
            if value is None:
                return None
            watts *= value
        return watts

    def close(self) -> None:
        for factor in self.factors:
            factor.close()


def source_of(root: Path, pace_s: float) -> Optional[Source]:
    rails = rails_at(root)
    if not rails:
        return None
    names = frozenset(rails)
    ways = {**{series_of(name): rail.way for name, rail in rails.items()}, "power_w": f"INA3221 {total_words(names)}"}

    def read() -> Readings:
        watts = {name: rail.watts() for name, rail in rails.items()}
        known = {name: value for name, value in watts.items() if value is not None}
        found = {series_of(name): value for name, value in known.items()}
        total = total_w(known, names)
        return found if total is None else {**found, "power_w": total}

    def close() -> None:
        for rail in rails.values():
            rail.close()

    return Source(read, lambda series: ways[series], pace_s, close=close)


def rails_at(root: Path) -> Dict[str, Rail]:
    """By the board's own labels."""
    found: Dict[str, Rail] = {}
    for name, factors, folder in (*_of_hwmon(root), *_of_iio(root)):
        gauges = tuple(gauge for gauge in factors if gauge is not None)
        rail = Rail(gauges, shown(folder, root))
        if name and name != NOT_CONNECTED and len(gauges) == len(factors) and name not in found:
            found[name] = rail
        else:
            rail.close()
    return found


Channel = Tuple[str, Tuple[Optional[Gauge], ...], Path]


def _of_hwmon(root: Path) -> Iterator[Channel]:
    """JetPack 5 and later."""
    for folder in sorted(root.glob("sys/class/hwmon/hwmon*")):
        if words_at(folder / "name") == "ina3221":
            for n in (1, 2, 3):  # 7 is the sum of the shunts' voltages
                volts, amperes = gauge_at(folder / f"in{n}_input", 1e-3), gauge_at(folder / f"curr{n}_input", 1e-3)
                yield words_at(folder / f"in{n}_label"), (volts, amperes), folder


def _of_iio(root: Path) -> Iterator[Channel]:
    """JetPack 4."""
    for folder in sorted(root.glob("sys/bus/i2c/drivers/ina3221x/*/iio:device*")):
        for n in range(4):
            yield words_at(folder / f"rail_name_{n}"), (gauge_at(folder / f"in_power{n}_input", 1e-3),), folder
