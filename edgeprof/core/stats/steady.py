"""Whether latencies have settled: used to end the warm-up, and to look for drift before a verdict is final."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Optional, Sequence

from edgeprof.core.stats.median import median

NOISE_FLOOR = 0.03  # a spread below 3 % is not called drift whatever the samples' noise
_WARMUP_SIGMAS = 2.0
_DRIFT_SIGMAS = 4.5
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Spread:
    """How far the medians of four consecutive quarters lie apart, and how far noise alone would put them."""

    relative: float
    standard_error: float

    @property
    def is_warming(self) -> bool:
        return self.relative > max(NOISE_FLOOR, _WARMUP_SIGMAS * self.standard_error)

    @property
    def is_drift(self) -> bool:
        return self.relative > max(NOISE_FLOOR, _DRIFT_SIGMAS * self.standard_error)


def spread(latencies_s: Sequence[float]) -> Spread:
    """Compare the medians of the four quarters of these samples; at least four are needed."""
    n = len(latencies_s)
    if n < 4:
        raise ValueError(f"the spread of quarters needs 4 samples, got {n}")
    medians = [median(latencies_s[n * i // 4 : n * (i + 1) // 4]) for i in range(4)]
    middle = median(latencies_s)
    if min(medians) <= 0 or middle <= 0:  # a clock too coarse for the session: nothing can be said of drift
        return Spread(0.0, 0.0)
    sigma = _MAD_TO_SIGMA * median([abs(x - middle) for x in latencies_s]) / middle
    return Spread(max(medians) / min(medians) - 1, 1.25 * sigma * sqrt(4 / n))


@dataclass(frozen=True)
class WarmUp:
    """When warm-up may end: at `floor_samples` and `floor_s`, or for slow models at `slow_samples` and `slow_s`."""

    floor_samples: int = 50
    floor_s: float = 1.0
    slow_samples: int = 10
    slow_s: float = 10.0
    cap_s: float = 30.0
    until_steady: bool = True  # False: exactly the floor, as a user's `--warmup 20it` asks


class WarmUpWatch:
    """Fed each warm-up latency in turn; says when warm-up is over and whether the model was steady then."""

    def __init__(self, rule: WarmUp) -> None:
        self._rule = rule
        self._latencies_s: list[float] = []
        self._elapsed_s = 0.0
        self._next_look = 0

    def feed(self, latency_s: float) -> Optional[bool]:
        """None while warming; then True if steady, False if the cap came first."""
        rule = self._rule
        self._latencies_s.append(latency_s)
        self._elapsed_s += latency_s
        n = len(self._latencies_s)
        if not rule.until_steady:
            return True if n >= rule.floor_samples and self._elapsed_s >= rule.floor_s else None
        past_floor = n >= rule.floor_samples and self._elapsed_s >= rule.floor_s
        past_slow_floor = n >= rule.slow_samples and self._elapsed_s >= rule.slow_s
        if (past_floor or past_slow_floor) and n >= self._next_look:
            self._next_look = ceil(n * 1.25)
            if not spread(self._latencies_s[n // 2 :]).is_warming:
                return True
        return False if self._elapsed_s >= rule.cap_s else None
