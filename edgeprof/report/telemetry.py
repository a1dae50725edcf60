"""What the device drew, how fast it ran and how hot it was, in a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Optional

from edgeprof.core.measurement import Measurement, Process
from edgeprof.core.ruling import energy_a_frame_j
from edgeprof.core.telemetry import Telemetry
from edgeprof.report.lines import Line, labelled_list
from edgeprof.report.units import number

_CLOCKS = (("gpu_hz", "gpu"), ("cpu_hz", "cpu"), ("memory_hz", "memory"))


def telemetry_lines(measurement: Measurement, width: int) -> list[Line]:
    """Over all processes; nothing where nothing was read."""
    lines: list[Line] = []
    for label, text in facts_of(measurement):
        lines += labelled_list(label, [text], width)
    return lines


def facts_of(measurement: Measurement) -> Iterator[tuple[str, str]]:
    seen = [process.telemetry for process in measurement.processes if process.telemetry is not None]
    for label, text in (
        ("power", _power(measurement, seen)),
        ("clocks", _clocks(seen)),
        ("temperature", _temperature(seen)),
    ):
        if text:
            yield label, text


def figures_of(process: Process, batch: int) -> Optional[dict[str, Any]]:
    """For programs: each series in three numbers; the readings themselves are in the saved measurement."""
    telemetry = process.telemetry
    if telemetry is None:
        return None
    return {
        "seconds": telemetry.seconds,
        "readings": len(telemetry.times_s),
        "power_w": telemetry.power_w,
        "energy_a_frame_j": energy_a_frame_j(process, batch),
        "series": {
            name: {
                "mean": telemetry.mean(name),
                "min": telemetry.lowest(name),
                "max": telemetry.highest(name),
                "source": telemetry.sources.get(name),
            }
            for name in sorted(telemetry.series)
        },
        "counters": dict(telemetry.counters),
    }


def power_source(processes: Sequence[Process]) -> Optional[str]:
    """How the power was read, which says what it is the power of."""
    return next((p.telemetry.power_source for p in processes if p.telemetry and p.telemetry.power_w is not None), None)


def _power(measurement: Measurement, seen: Sequence[Telemetry]) -> str:
    means = [telemetry.power_w for telemetry in seen if telemetry.power_w is not None]
    if not means:
        return ""
    words = [f"mean {_between(means)} W"]
    highest = [most for telemetry in seen if (most := telemetry.highest("power_w")) is not None]
    if highest:
        words.append(f"at most {number(max(highest))} W")
    frames = [energy_a_frame_j(process, measurement.job.batch) for process in measurement.processes]
    energies = [joules * 1e3 for joules in frames if joules is not None]
    if energies:
        words.append(f"{_between(energies)} mJ a frame")
    return f"{', '.join(words)} ({power_source(measurement.processes)})"


def _clocks(seen: Sequence[Telemetry]) -> str:
    words = []
    for series, name in _CLOCKS:
        ends = _ends(series, seen)
        if ends:
            words.append(f"{name} {_between([hz / 1e6 for hz in ends])} MHz")
    return _with_sources(", ".join(words), [series for series, _ in _CLOCKS], seen)


def _temperature(seen: Sequence[Telemetry]) -> str:
    """Of the hottest zone."""
    zones = {name for telemetry in seen for name in telemetry.series if name.startswith("temperature_")}
    ends = {zone: _ends(zone, seen) for zone in sorted(zones)}
    hottest = max((zone for zone in ends if ends[zone]), key=lambda zone: max(ends[zone]), default=None)
    if hottest is None:
        return ""
    zone = hottest[len("temperature_") : -len("_c")]
    return _with_sources(f"{zone} {_between(ends[hottest])} C", [hottest], seen)


def _ends(series: str, seen: Sequence[Telemetry]) -> list[float]:
    """The lowest and the highest of all processes."""
    ends = [end for telemetry in seen for end in (telemetry.lowest(series), telemetry.highest(series))]
    return [end for end in ends if end is not None]


def _between(values: Sequence[float]) -> str:
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} to {high}"


def _with_sources(text: str, names: Sequence[str], seen: Sequence[Telemetry]) -> str:
    ways = dict.fromkeys(t.sources[name] for name in names for t in seen if name in t.sources)
    return f"{text} ({', '.join(ways)})" if text and ways else text
