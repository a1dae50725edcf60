"""Neighbouring processes compared: whether the machine was in one state for both, and what a difference is worth."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
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
    def is_known(self) -> bool:
        return bool(self.ratios and self.alike)

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

    def is_no_slower(self, within: float = 0.0) -> bool | None:
        """None where nothing is known."""
        return self.ratio - 1 <= max(within, self.noise) if self.is_known else None


@dataclass(frozen=True)
class Gathered:
    """Processes in the order in which they ran."""

    shots: Sequence[Shot] = ()
    pairs: Sequence[Pair] = ()

    def of(self, *names: str) -> list[Pair]:
        """The pairs of these two, or of one thing with itself, clean or not."""
        return [pair for pair in self.pairs if pair.names == frozenset(names)]

    def agreement(self, ours: str, other: str) -> Agreement:
        """Of `ours` with another, out of clean pairs alone."""
        alike = [*clean(self.of(ours)), *clean(self.of(other))]
        ratios = [pair.ratio(ours) for pair in clean(self.of(ours, other))]
        return Agreement(ratios, [pair.ratio(pair.first.name) for pair in alike])

    def p50_s(self, name: str) -> float | None:
        """The median over all its processes, clean or not."""
        seen = [shot.p50_s for shot in self.shots if shot.name == name]
        return median(seen) if seen else None

    def ms(self, name: str) -> str:
        seen = self.p50_s(name)
        return "" if seen is None else f"{seen * 1e3:.3f}"


def gather(
    ways: Mapping[str, Callable[[], float]],
    order: Sequence[str],
    is_enough: Callable[[Gathered], bool],
    deadline: float = inf,
    hear: Callable[[Shot], None] = lambda shot: None,
) -> Gathered:
    """Rounds of neighbours until there is enough of them or the time is up; every second round goes backwards."""
    gathered, order = Gathered(), list(order)
    while time.monotonic() < deadline and not is_enough(gathered):
        fresh = []
        for name in order:
            fresh.append(shoot(name, ways[name]))
            hear(fresh[-1])
        pairs = [Pair(first, second) for first, second in pairwise(fresh)]
        gathered = Gathered([*gathered.shots, *fresh], [*gathered.pairs, *pairs])
        order.reverse()  # so that whatever comes second is each of them in turn
    return gathered


def tell(shot: Shot) -> None:
    """For whoever watches a table that takes an hour."""
    print(f"    {shot.name} {shot.p50_s * 1e3:.3f} ms", file=sys.stderr)


def share(deadline: float, left: int) -> float:
    """When the next of so many that are left has had its part of the time."""
    now = time.monotonic()
    return now + (deadline - now) / left


def rounds_of(count: int, length: int) -> Callable[[Gathered], bool]:
    """Enough is so many rounds of so many processes."""
    return lambda gathered: len(gathered.shots) >= count * length
