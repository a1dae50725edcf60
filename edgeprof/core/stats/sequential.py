"""The sequential test of one latency limit in one process: feed samples in order, and it says when it knows.

The rules and their simulated error rates are in docs/statistics.md. Every decision depends on the samples alone, so
replaying stored samples gives the verdict that the live check gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import List, Optional, Sequence

from edgeprof.core.stats.evidence import samples_needed, speaks_against
from edgeprof.core.stats.steady import Spread, spread

_FIRST_LOOK_SAMPLES = 10
_FIRST_LOOK_S = 1.0
FIRST_LOOK_RATE = 0.9
_FIRST_LOOK_LARGEST_Q0 = 0.05
_LEAST_WINDOW = 10
FAIL_SAMPLES = 30
PASS_SAMPLES = 10  # low percentiles need fewer by their counts, but drift cannot be seen in less


class Outcome(str, Enum):
    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Rule:
    """How sure to be. `burst_floor` is the burst length assumed before any is seen (D0)."""

    alpha_pass: float = 0.05
    alpha_fail: float = 0.05 / 3
    burst_floor: int = 2
    pass_s: float = 10.0
    fail_s: float = 5.0


@dataclass(frozen=True)
class Threshold:
    """A bound on one percentile: at most `q0` of the latencies may exceed `limit_s`."""

    limit_s: float
    q0: float

    @property
    def burst_gap(self) -> int:
        """Neighbours at most this far apart are one burst."""
        return max(1, round(0.1 / self.q0))

    @property
    def window(self) -> int:
        """FAIL counts windows of this size; in shorter ones the bunched misses of a low percentile look like many."""
        return max(_LEAST_WINDOW, self.burst_gap)


class CountTest:
    """The count rules alone: PASS and FAIL from how many samples were over the limit, and how bunched."""

    def __init__(self, threshold: Threshold, rule: Rule, *, first_look: bool = True) -> None:
        self._limit_s, self._q0 = threshold.limit_s, threshold.q0
        self._burst_gap, self._window = threshold.burst_gap, threshold.window
        self._rule = rule
        self.n = 0
        self.over = 0
        self.longest_burst = 0
        self.bursts = 0
        self.elapsed_s = 0.0
        self._burst = 0
        self._last_over = -inf
        self._windows_hit = 0
        self._window_is_hit = False
        self._over_at_fail_look = 0
        self._first_look_is_due = first_look and threshold.q0 <= _FIRST_LOOK_LARGEST_Q0
        self._next_pass_look = 0
        self.by_first_look = False

    def feed(self, latency_s: float) -> Optional[Outcome]:
        self.n += 1
        self.elapsed_s += latency_s
        if latency_s > self._limit_s:
            self._count_over()
        if self._first_look_is_due and self.n >= _FIRST_LOOK_SAMPLES and self.elapsed_s >= _FIRST_LOOK_S:
            self._first_look_is_due = False
            if self.over >= FIRST_LOOK_RATE * self.n:
                self.by_first_look = True
                return Outcome.FAIL
        if self.n % self._window == 0:
            self._windows_hit += self._window_is_hit
            self._window_is_hit = False
            # Without another miss the evidence against only falls, so there is nothing to look at.
            if self.over > self._over_at_fail_look and self._may_fail:
                self._over_at_fail_look = self.over
                if self._counts_fail():
                    return Outcome.FAIL
        if self.n >= self._next_pass_look and self.elapsed_s >= self._rule.pass_s:
            self._next_pass_look = self.samples_needed()
            if self.n >= self._next_pass_look:
                return Outcome.PASS
        return None

    @property
    def fails(self) -> bool:
        """Whether the counts so far are a FAIL; to be asked at the end of a window."""
        return self._may_fail and self._counts_fail()

    @property
    def passes(self) -> bool:
        """Whether the counts so far are a PASS."""
        return self.elapsed_s >= self._rule.pass_s and self.n >= self.samples_needed()

    @property
    def _may_fail(self) -> bool:
        return self.n >= FAIL_SAMPLES and self.elapsed_s >= self._rule.fail_s

    def samples_needed(self) -> int:
        """How many samples a PASS takes in all, if none of those to come is over the limit."""
        burst = max(self._rule.burst_floor, self.longest_burst)
        return max(PASS_SAMPLES, samples_needed(self.over, burst, self._q0, self._rule.alpha_pass))

    def _count_over(self) -> None:
        self.over += 1
        if self.n - self._last_over <= self._burst_gap:
            self._burst += 1
        else:
            self._burst = 1
            self.bursts += 1
        self._last_over = self.n
        self.longest_burst = max(self.longest_burst, self._burst)
        self._window_is_hit = True
        self._next_pass_look = 0

    def _counts_fail(self) -> bool:
        return speaks_against(
            self.n, self.over, self._windows_hit, self._window, q0=self._q0, alpha=self._rule.alpha_fail
        )


@dataclass(frozen=True)
class Decision:
    """What one process said of one limit, and on which of its samples: `samples[first:last]`."""

    outcome: Outcome
    first: int
    last: int
    over: int
    bursts: int
    longest_burst: int
    drift: Optional[Spread]
    decided: bool  # False: the samples ended first
    by_first_look: bool = False


class SequentialTest:
    """The count rules held against drift: a verdict that the drift could have made is not given."""

    def __init__(self, threshold: Threshold, rule: Rule) -> None:
        self.threshold = threshold
        self._rule = rule
        self._samples: List[float] = []
        self._first = 0
        self._counts = CountTest(threshold, rule)
        self._drift: Optional[Spread] = None
        self._outcome: Optional[Outcome] = None
        self._last = 0

    @property
    def outcome(self) -> Optional[Outcome]:
        return self._outcome

    def feed(self, latency_s: float) -> Optional[Outcome]:
        """The outcome once it is known; samples after that change nothing."""
        if self._outcome is None:
            self._samples.append(latency_s)
            self._consider(self._counts.feed(latency_s))
        return self._outcome

    def more_samples_needed(self) -> int:
        """How many more samples a PASS takes if none of them is over the limit."""
        return 0 if self._outcome else max(0, self._counts.samples_needed() - self._counts.n)

    def decision(self) -> Decision:
        counts = self._counts
        return Decision(
            outcome=self._outcome or Outcome.INCONCLUSIVE,
            first=self._first,
            last=self._last if self._outcome else len(self._samples),
            over=counts.over,
            bursts=counts.bursts,
            longest_burst=counts.longest_burst,
            drift=self._drift,
            decided=self._outcome is not None,
            by_first_look=counts.by_first_look,
        )

    def _consider(self, found: Optional[Outcome]) -> None:
        while found is not None:
            kept = self._samples[self._first : self._first + self._counts.n]
            if self._counts.by_first_look or self._survives_drift(found, kept):
                self._end(found)
                return
            if self._first:  # the first half was dropped once already
                self._end(Outcome.INCONCLUSIVE)
                return
            found = self._drop_first_half()

    def _survives_drift(self, found: Outcome, kept: Sequence[float]) -> bool:
        self._drift = spread(kept)
        if not self._drift.is_drift:
            return True
        slack = 1 + self._drift.relative
        limit_s = self.threshold.limit_s * slack if found is Outcome.FAIL else self.threshold.limit_s / slack
        return holds(found, kept, Threshold(limit_s, self.threshold.q0), self._rule)

    def _drop_first_half(self) -> Optional[Outcome]:
        """Take the first half for a late warm-up and begin again with the rest; it may decide on its own."""
        self._first = len(self._samples) // 2
        self._counts = CountTest(self.threshold, self._rule, first_look=False)  # it is one look a process
        for latency_s in self._samples[self._first :]:
            found = self._counts.feed(latency_s)
            if found is not None:
                return found
        return None

    def _end(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._last = self._first + self._counts.n


def holds(outcome: Outcome, samples: Sequence[float], threshold: Threshold, rule: Rule) -> bool:
    """Whether the count rules give `outcome` at the end of exactly these samples."""
    counts = CountTest(threshold, rule)
    for latency_s in samples:
        counts.feed(latency_s)
    return counts.fails if outcome is Outcome.FAIL else counts.passes


def decide(samples: Sequence[float], threshold: Threshold, rule: Rule) -> Decision:
    """Replay stored samples: the first decision met, as the live check met it."""
    test = SequentialTest(threshold, rule)
    for latency_s in samples:
        if test.feed(latency_s) is not None:
            break
    return test.decision()
