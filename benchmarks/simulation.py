"""Whole checks on the fake runtime, in this process: the agent's loop, the live decision, and the saved file judged."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from random import Random
from typing import List, Optional

from benchmarks.laws import Law
from edgeprof.agent.loop import run
from edgeprof.agent.runtimes.fake import Fake, FakeSession
from edgeprof.agent.samples import samples_in_process
from edgeprof.core.budget import Budget, budget_of
from edgeprof.core.codec import dump_measurement, load_measurement
from edgeprof.core.job import Job
from edgeprof.core.measurement import Ended, Measurement, Plan, Process
from edgeprof.core.sampling import Phase, SamplingWatch
from edgeprof.core.stats.sequential import Outcome
from edgeprof.core.verdict import Word, judge

_LOOP_SAMPLES = 100  # between two looks, as the supervisor looks now and then
_JOB = Job("simulated", "0" * 64, "fake", (), "fake", "fp32")


@dataclass(frozen=True)
class Check:
    """What a live check said, after how many samples of its last process, and what it left to be judged again."""

    word: Word
    samples: int
    measurement: Measurement
    budget: Budget

    def judged_again(self) -> Word:
        """The verdict on the measurement after a trip through its file."""
        saved = load_measurement(dump_measurement(self.measurement), "simulated")
        return judge(saved, self.budget).word


def check(law: Law, plan: Plan, budget_ms: float, random: Random) -> Check:
    measurement = Measurement("simulated", "", "", "simulated", _JOB, plan, size_bytes=0)
    budget = budget_of({law.key: budget_ms})
    outcomes: List[Optional[Outcome]] = []
    while len(outcomes) < plan.processes and Outcome.FAIL not in outcomes:
        watch, process = _process(law, plan, budget, random)
        outcomes.append(watch.tests[0].outcome if watch.steady else _never_pass(watch.tests[0].outcome))
        measurement = measurement.with_process(process)
    return Check(_together(outcomes), len(measurement.processes[-1].samples_s), measurement, budget)


def _process(law: Law, plan: Plan, budget: Budget, random: Random) -> tuple[SamplingWatch, Process]:
    (limit,) = budget.limits
    sampling = plan.sampling((limit.threshold,))
    # Shares lie above 0.85, so these last through the longest warm-up and all the sampling.
    count = ceil((sampling.max_s + plan.warm_up.cap_s) / (0.85 * limit.bound)) + _LOOP_SAMPLES
    fake = Fake()
    session = FakeSession(fake, {"latency_ms": [limit.bound * 1e3 * share for share in law.draw(random, count)]})
    samples = samples_in_process(count)
    watch = SamplingWatch(sampling)
    seen_s: List[float] = []
    while watch.phase is not Phase.FINISHED:
        run(session.infer, fake.clock_ns, samples, samples.count + _LOOP_SAMPLES)
        for latency_s in samples.seconds(len(seen_s), samples.count):
            seen_s.append(latency_s)
            watch.feed(latency_s)
    warm_up, last = watch.warmup_count, watch.warmup_count + watch.sample_count
    return watch, Process(
        started_at=0.0,
        ended=Ended.DECIDED if watch.tests[0].outcome else Ended.DURATION,
        warmup_s=tuple(seen_s[:warm_up]),
        samples_s=tuple(seen_s[warm_up:last]),
        steady=watch.steady,
    )


def _never_pass(outcome: Optional[Outcome]) -> Optional[Outcome]:
    return None if outcome is Outcome.PASS else outcome


def _together(outcomes: List[Optional[Outcome]]) -> Word:
    if Outcome.FAIL in outcomes:
        return Word.FAIL
    return Word.PASS if all(outcome is Outcome.PASS for outcome in outcomes) else Word.INCONCLUSIVE
