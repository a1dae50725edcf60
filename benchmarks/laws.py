"""Laws that simulated latencies follow, in shares of the budget: above 1 is over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random
from statistics import NormalDist
from typing import Callable, Dict, List

_UNDER, _OVER = 0.9, 1.05
_NOISE = 0.01


@dataclass(frozen=True)
class Law:
    """`draw(random, count)` gives one process's latencies; `rate` of them are over the budget in the long run."""

    rate: float
    draw: Callable[[Random, int], List[float]]
    key: str = "p99_ms"  # the limit that they are judged by


def independent(rate: float) -> Law:
    def draw(random: Random, count: int) -> List[float]:
        return _latencies(random, [random.random() < rate for _ in range(count)])

    return Law(rate, draw)


def gilbert_elliott(rate: float, correlation: float) -> Law:
    """A two-state chain: over-budget samples come in bursts of 1 / (1 - correlation) on average."""

    def draw(random: Random, count: int) -> List[float]:
        over, is_over = [], random.random() < rate
        for _ in range(count):
            if random.random() >= correlation:
                is_over = random.random() < rate
            over.append(is_over)
        return _latencies(random, over)

    return Law(rate, draw)


def every(period: int) -> Law:
    def draw(random: Random, count: int) -> List[float]:
        phase = random.randrange(period)
        return _latencies(random, [index % period == phase for index in range(count)])

    return Law(1 / period, draw)


def autoregressive(rate: float, correlation: float) -> Law:
    """Every latency leans on the one before it; the budget is where `rate` of them lie above."""
    innovation = (1 - correlation**2) ** 0.5
    over_by = NormalDist().inv_cdf(1 - rate)

    def draw(random: Random, count: int) -> List[float]:
        noise = [random.gauss(0, 1), *(innovation * random.gauss(0, 1) for _ in range(count - 1))]
        return [1 + _NOISE * (x - over_by) for x in accumulate(noise, lambda last, new: correlation * last + new)]

    return Law(rate, draw)


AT_THE_BOUNDARY: Dict[str, Law] = {
    "independent": independent(0.01),
    "Gilbert-Elliott, r = 0.5": gilbert_elliott(0.01, 0.5),
    "Gilbert-Elliott, r = 0.8": gilbert_elliott(0.01, 0.8),
    "a stall every 83rd": every(83),
    "AR(1), r = 0.9": autoregressive(0.01, 0.9),
}

LOW_PERCENTILES: Dict[str, Law] = {
    "p90: Gilbert-Elliott, r = 0.8": replace(gilbert_elliott(0.1, 0.8), key="p90_ms"),
    "p50: AR(1), r = 0.9": replace(autoregressive(0.5, 0.9), key="p50_ms"),
}


def _latencies(random: Random, over: List[bool]) -> List[float]:
    return [(_OVER if is_over else _UNDER) + _NOISE * (random.random() - 0.5) for is_over in over]
