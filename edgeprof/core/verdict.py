"""Judge a measurement by a budget: each limit ruled on, all of them one verdict, and what the verdict covers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import FrozenSet, Iterable, Optional, Tuple

from edgeprof.core.budget import Budget
from edgeprof.core.exits import Exit
from edgeprof.core.measurement import Measurement
from edgeprof.core.metric import Judging
from edgeprof.core.ruling import Distance, Reason, Ruling, rule_on
from edgeprof.core.stats.sequential import Outcome, Rule
from edgeprof.core.telemetry import CARD_GROWTH, MEMORY_GROWTH
from edgeprof.core.validity import Direction, Finding, findings_of


class Word(str, Enum):
    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    INVALID = "INVALID"  # the environment answered another question, or none


@dataclass(frozen=True)
class Coverage:
    """What a PASS speaks for: the processes run, the seconds measured, and slowdowns short enough to have been seen."""

    processes: int
    planned: int
    samples: int
    seconds: float
    burst_floor: int
    longest_burst: int
    bursts: int

    @property
    def burst_samples(self) -> float:
        return self.samples / 300  # a mean burst of L samples needs about 300 L clean ones, whatever the method

    @property
    def burst_s(self) -> float:
        return self.seconds / 300

    @property
    def fresh_share(self) -> float:
        """At 95 %, at least this share of processes not run would pass too."""
        return float(0.05 ** (1 / self.processes)) if self.processes else 0.0


@dataclass(frozen=True)
class Verdict:
    word: Word
    rulings: Tuple[Ruling, ...]
    findings: Tuple[Finding, ...]
    coverage: Coverage
    allowed: FrozenSet[str] = frozenset()
    quick: bool = False
    fresh_may_miss: bool = False  # the processes differ so much that another one could be over budget

    @property
    def distance(self) -> Optional[Distance]:
        failed = [ruling.distance for ruling in self.rulings if ruling.outcome is Outcome.FAIL]
        if self.word is not Word.FAIL or not failed:
            return None
        if Distance.FAR in failed:
            return Distance.FAR
        return Distance.NEAR if set(failed) == {Distance.NEAR} else None

    @property
    def exit(self) -> Exit:
        return {
            Word.PASS: Exit.PASS,
            Word.FAIL: Exit.OVER_BUDGET,
            Word.INCONCLUSIVE: Exit.INCONCLUSIVE,
            Word.INVALID: Exit.ENVIRONMENT,
        }[self.word]

    def exit_accepting(self, accepted: FrozenSet[str]) -> Exit:
        """The exit code where a gate accepts `inconclusive` or `near`; the verdict's word stays as it is."""
        lenient = (self.word is Word.INCONCLUSIVE and "inconclusive" in accepted) or (
            self.distance is Distance.NEAR and "near" in accepted
        )
        return Exit.PASS if lenient else self.exit

    @property
    def is_final(self) -> bool:
        """Whether further processes could not change the word: one may still meet what is judged per process."""
        failed = {r.limit.metric.judged for r in self.rulings if r.outcome is Outcome.FAIL}
        return any(f.direction is Direction.CHANGES for f in self.findings) or bool(failed - {Judging.PER_PROCESS})


def judge(measurement: Measurement, budget: Budget, allowed: Iterable[str] = ()) -> Verdict:
    """A pure function: the live check and a later `judge` of the saved file say the same."""
    rule = measurement.plan.rule(len(budget.sequential))
    rulings = tuple(rule_on(limit, measurement, rule) for limit in budget.limits)
    findings = findings_of(measurement)
    allowed = frozenset(allowed)
    return Verdict(
        word=_word(rulings, findings, allowed, measurement),
        rulings=rulings,
        findings=findings,
        coverage=_coverage(measurement, rulings, rule),
        allowed=allowed,
        quick=measurement.plan.quick,
        fresh_may_miss=any(_fresh_may_miss(ruling) for ruling in rulings),
    )


def _word(
    rulings: Tuple[Ruling, ...], findings: Tuple[Finding, ...], allowed: FrozenSet[str], measurement: Measurement
) -> Word:
    does_not_fit = any(ruling.reason is Reason.DOES_NOT_FIT for ruling in rulings)
    if does_not_fit:
        return Word.FAIL
    if any(finding.direction is Direction.CHANGES for finding in findings):
        return Word.INVALID
    outcomes = {ruling.outcome for ruling in rulings}
    if Outcome.FAIL in outcomes:
        slowed = any(f.direction is Direction.SLOWS and f.name not in allowed for f in findings)
        return Word.INVALID if slowed and _could_be_the_machine(rulings, measurement) else Word.FAIL
    return Word.PASS if outcomes == {Outcome.PASS} else Word.INCONCLUSIVE


def _could_be_the_machine(rulings: Tuple[Ruling, ...], measurement: Measurement) -> bool:
    """What slows a machine makes latencies longer and draws power; it makes no artefact larger and no model's peak."""
    return not any(_is_the_models(ruling, measurement) for ruling in rulings if ruling.outcome is Outcome.FAIL)


def _is_the_models(ruling: Ruling, measurement: Measurement) -> bool:
    """Whether it was missed by what only the model can have done; a machine's growth is all its programs'."""
    metric, bound = ruling.limit.metric, ruling.limit.bound
    if metric.key == "memory_mib":
        peaks = [(p.peak_memory_bytes, p.memory_method) for p in measurement.processes if p.peak_memory_bytes]
        missed = [method for peak, method in peaks if not metric.meets(peak, bound)]
        return any(method not in (MEMORY_GROWTH, CARD_GROWTH) for method in missed)
    return metric.judged in (Judging.EXACTLY, Judging.BY_THE_WORST) and not metric.is_of_power


def _fresh_may_miss(ruling: Ruling) -> bool:
    seen = [p.observed for p in ruling.processes if p.observed and p.decision]
    return len(seen) > 1 and max(seen) ** 2 / min(seen) > ruling.limit.bound >= max(seen)


def _coverage(measurement: Measurement, rulings: Tuple[Ruling, ...], rule: Rule) -> Coverage:
    percentiles = [ruling for ruling in rulings if ruling.limit.metric.percent]
    # Of several percentiles the highest has the rarest misses; a median's "bursts" are half of all samples.
    highest = max(percentiles, key=lambda ruling: ruling.limit.metric.percent or 0, default=None)
    decisions = [p.decision for p in highest.processes if p.decision] if highest else []
    return Coverage(
        processes=len(measurement.processes),
        planned=measurement.plan.processes,
        samples=sum(len(p.samples_s) for p in measurement.processes),
        seconds=sum(sum(p.samples_s) for p in measurement.processes),
        burst_floor=rule.burst_floor,
        longest_burst=max((d.longest_burst for d in decisions), default=0),
        bursts=sum(d.bursts for d in decisions),
    )
