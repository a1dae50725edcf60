"""What a process's device was seen to do while it was sampled: power, clocks, heat, memory, as columns over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Mapping, Optional, Sequence, Tuple

Reading = Tuple[float, float]  # seconds since sampling began, and the value

# A peak found so is the whole machine's, or all cards': other programs are in it.
MEMORY_GROWTH, CARD_GROWTH = "MemAvailable", "NVML, all programs"

# A mean speaks for the sampling only where readings span so much of it.
_LEAST_COVERED = 0.5


@dataclass(frozen=True)
class Telemetry:
    """Each series has its unit in its name: power_w, power_<rail>_w, gpu_hz, gpu_load, temperature_<zone>_c.

    A value that was not read is None, and a series that never was is not there. `energy_j` is a counter, all others
    are momentary. `counters` are what the device counted meanwhile; a name in _bits_before or _bits_after is a word of
    bits as it was then.
    """

    seconds: float  # how long sampling took
    times_s: Tuple[float, ...] = ()
    series: Mapping[str, Tuple[Optional[float], ...]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)  # series: the way it was read
    counters: Mapping[str, int] = field(default_factory=dict)

    def readings(self, name: str) -> List[Reading]:
        """The series where it is known."""
        return [(at_s, value) for at_s, value in zip(self.times_s, self.series.get(name, ())) if value is not None]

    def mean(self, name: str) -> Optional[float]:
        """Weighted by time, so that readings may come unevenly."""
        return mean_over_time(self.readings(name))

    def lowest(self, name: str) -> Optional[float]:
        return min((value for _, value in self.readings(name)), default=None)

    def highest(self, name: str) -> Optional[float]:
        return max((value for _, value in self.readings(name)), default=None)

    @property
    def power_w(self) -> Optional[float]:
        """The mean over the sampling, from an energy counter where there is one; None where too little was read."""
        return self._power[1] if self._power else None

    @property
    def energy_j(self) -> Optional[float]:
        return None if self.power_w is None else self.power_w * self.seconds

    @property
    def power_source(self) -> Optional[str]:
        """How the series was read that the power is from."""
        return self.sources.get(self._power[0]) if self._power else None

    @property
    def _power(self) -> Optional[Tuple[str, float]]:
        """The series that tells it, and the watts."""
        for name in ("energy_j", "power_w"):
            read = self.readings(name)
            if not self._covers(read):
                continue
            mean_w = (read[-1][1] - read[0][1]) / _span_s(read) if name == "energy_j" else mean_over_time(read)
            # Virtual machines have counters that stand still: a device that draws nothing was not read.
            if mean_w is not None and mean_w > 0:
                return name, mean_w
        return None

    def _covers(self, read: Sequence[Reading]) -> bool:
        return len(read) > 1 and _span_s(read) > 0 and _span_s(read) >= _LEAST_COVERED * self.seconds


def integral(read: Sequence[Reading]) -> float:
    """The area below the readings, by trapezoids: joules from watts."""
    return sum((late_s - early_s) * (early + late) / 2 for (early_s, early), (late_s, late) in zip(read, read[1:]))


def mean_over_time(read: Sequence[Reading]) -> Optional[float]:
    if not read:
        return None
    span_s = _span_s(read)
    return integral(read) / span_s if span_s > 0 else sum(value for _, value in read) / len(read)


def _span_s(read: Sequence[Reading]) -> float:
    return read[-1][0] - read[0][0] if read else 0.0
