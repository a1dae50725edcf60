"""How many rails of a Jetson are in alarm for their current, by its INA3221 power monitors."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

from edgeprof.agent.telemetry.gauge import Gauge, gauge_at, words_at
from edgeprof.agent.telemetry.rails import NOT_CONNECTED
from edgeprof.agent.telemetry.source import Readings, Source

_ALARMS = ("max_alarm", "crit_alarm")  # above the limit that warns on average, and the one of any moment
_OF_THE_SUM = "curr4_crit_alarm"


def source_of(root: Path) -> Optional[Source]:
    """JetPack 5 and later: the driver of JetPack 4 has limits and tells of no alarm."""
    rails = _rails(root)
    if not rails:
        return None
    _in_alarm(rails)  # what went off before anything was sampled is told once, now

    def read() -> Readings:
        count = _in_alarm(rails)
        return {} if count is None else {"rails_in_alarm": float(count)}

    def close() -> None:
        for gauge in (gauge for rail in rails for gauge in rail):
            gauge.close()

    return Source(read, lambda _: "INA3221 curr*_alarm", close=close)


def _rails(root: Path) -> List[List[Gauge]]:
    """The alarms of each rail that is connected, and that of their sum as one more.

    All of a chip's are in one register, which forgets them when it is read: one that is over by then may be missed.
    """
    found = []
    for folder in sorted(root.glob("sys/class/hwmon/hwmon*")):
        if words_at(folder / "name") != "ina3221":
            continue
        for n in (1, 2, 3):
            if words_at(folder / f"in{n}_label") in ("", NOT_CONNECTED):
                continue
            gauges = [gauge_at(folder / f"curr{n}_{alarm}") for alarm in _ALARMS]
            found.append([gauge for gauge in gauges if gauge is not None])
        of_the_sum = gauge_at(folder / _OF_THE_SUM)
        found.append([of_the_sum] if of_the_sum is not None else [])
    return [rail for rail in found if rail]


def _in_alarm(rails: List[List[Gauge]]) -> Optional[int]:
    """None where no rail tells; a word other than 0 and 1 is no alarm and no calm."""
    told = [[value for value in (gauge.read() for gauge in rail) if value in (0, 1)] for rail in rails]
    known = [values for values in told if values]
    return sum(any(values) for values in known) if known else None
