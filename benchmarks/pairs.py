"""Neighbouring processes compared: whether the machine was in one state for both, and what a difference is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from edgeprof.agent import canary
from edgeprof.core.measurement import Canary

# On one host a cache line's round trip stands at 85 or 360 ns for minutes at a time; an integer loop varies by a few %.
ROUND_TRIP_RATIO = 1.5
INTEGER_RATIO = 1.15


@dataclass(frozen=True)
class Shot:
    """One fresh process: its p50, with the machine's own speed before and after it."""

    name: str
    p50_s: float
    canaries: tuple[Canary, Canary]


def shoot(name: str, p50_of: Callable[[], float]) -> Shot:
    before = canary.sing()
    p50_s = p50_of()
    return Shot(name, p50_s, (before, canary.sing()))


@dataclass(frozen=True)
class Pair:
    first: Shot
    second: Shot

    @property
    def is_clean(self) -> bool:
        """Whether the four canaries around it found the machine in one state; what they say of it is not asked."""
        canaries = [*self.first.canaries, *self.second.canaries]
        slowest = [max(c.integer_s) for c in canaries]
        trips = [c.round_trip_s for c in canaries if c.round_trip_s]
        is_one_speed = max(slowest) <= INTEGER_RATIO * min(slowest)
        return is_one_speed and (not trips or max(trips) <= ROUND_TRIP_RATIO * min(trips))

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.first.name, self.second.name))

    def ratio(self, over: str) -> float:
        """`over`'s p50 to the other's; between two alike, the second's to the first's."""
        if self.first.name == over != self.second.name:
            return self.first.p50_s / self.second.p50_s
        return self.second.p50_s / self.first.p50_s


def clean(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.is_clean]


@dataclass(frozen=True)
class Agreement:
    """A median ratio against one, and against what two processes of the same thing differ by."""

    ratios: Sequence[float]
    alike: Sequence[float]  # the ratios of pairs of the same thing

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def noise(self) -> float:
        """The largest deviation between two processes of the same thing."""
        return max(abs(ratio - 1) for ratio in self.alike)

    def holds(self, within: float, fewest: int) -> bool:
        if min(len(self.ratios), len(self.alike)) < fewest:
            return False
        return abs(self.ratio - 1) <= max(within, self.noise)
