"""How one process is sampled: warm up until steady, then until every limit is decided or the time is up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple

from edgeprof.core.stats.sequential import Outcome, Rule, SequentialTest, Threshold
from edgeprof.core.stats.steady import WarmUp, WarmUpWatch


class Phase(str, Enum):
    WARMING = "warming"
    SAMPLING = "sampling"
    FINISHED = "finished"


@dataclass(frozen=True)
class Sampling:
    """When a process has said enough. `least_s` holds it back for the metrics that no sequential test decides."""

    warm_up: WarmUp = WarmUp()
    thresholds: Tuple[Threshold, ...] = ()
    rule: Rule = Rule()
    max_s: float = 100.0
    least_s: float = 0.0
    samples: Optional[int] = None  # exactly so many, for a measurement of fixed length


class SamplingWatch:
    """Fed every latency after the first inference, in order; a pure function of them, so tests and replays agree."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._warm_up = WarmUpWatch(sampling.warm_up)
        self.tests = [SequentialTest(threshold, sampling.rule) for threshold in sampling.thresholds]
        self.phase = Phase.WARMING
        self.steady: Optional[bool] = None
        self.warmup_count = 0
        self.sample_count = 0
        self.elapsed_s = 0.0

    def feed(self, latency_s: float) -> Phase:
        if self.phase is Phase.WARMING:
            self.warmup_count += 1
            steady = self._warm_up.feed(latency_s)
            if steady is not None:
                self.phase = Phase.SAMPLING
                self.steady = steady if self._sampling.warm_up.until_steady else None  # None: nobody looked
        elif self.phase is Phase.SAMPLING:
            self.sample_count += 1
            self.elapsed_s += latency_s
            for test in self.tests:
                test.feed(latency_s)
            if self._is_finished():
                self.phase = Phase.FINISHED
        return self.phase

    def more_samples_needed(self) -> int:
        """How many more samples a PASS takes if none to come is over any limit."""
        return max((test.more_samples_needed() for test in self.tests), default=0)

    def _is_finished(self) -> bool:
        sampling = self._sampling
        if sampling.samples is not None:
            return self.sample_count >= sampling.samples
        if self.elapsed_s >= sampling.max_s:
            return True
        outcomes = [test.outcome for test in self.tests]
        if Outcome.FAIL in outcomes:
            return True
        return None not in outcomes and self.elapsed_s >= sampling.least_s
