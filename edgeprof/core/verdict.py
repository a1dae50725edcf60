"""Judge a measurement by a budget: each limit ruled on, all of them one verdict, and what the verdict covers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Callable, FrozenSet, Iterable, Optional, Tuple

from edgeprof.core.budget import Budget, Limit
from edgeprof.core.exits import Exit
from edgeprof.core.measurement import Ended, Measurement, Process
from edgeprof.core.metric import Judged
from edgeprof.core.stats.bounds import bounds
from edgeprof.core.stats.percentile import percentile
from edgeprof.core.stats.sequential import Decision, Outcome, Rule, Threshold, decide
from edgeprof.core.validity import Direction, Finding, findings_of

NEAR = 1.2  # a budget missed by more than this is the wrong backbone, not the wrong setting


class Word(str, Enum):
    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    INVALID = "INVALID"  # the environment answered another question, or none


class Distance(str, Enum):
    NEAR = "near"
    FAR = "far"


class Reason(str, Enum):
    """Why a ruling is INCONCLUSIVE, or FAILs without a number."""

    TOO_FEW_PROCESSES = "fewer processes than planned"
    UNDECIDED = "too close to the limit for the samples taken"
    TOO_SHORT = "the process ended before it had samples enough"
    DRIFTING = "the latency drifted"
    NEVER_STEADY = "the warm-up never became steady"
    MIXED = "some processes meet it and some do not"
    NOT_MEASURED = "not measured"
    DOES_NOT_FIT = "does not fit"


@dataclass(frozen=True)
class ProcessRuling:
    """What one process says of one limit; the interval is of the percentile judged."""

    outcome: Outcome
    observed: Optional[float]
    lower: Optional[float] = None
    upper: Optional[float] = None
    decision: Optional[Decision] = None
    reason: Optional[Reason] = None


@dataclass(frozen=True)
class Ruling:
    """One limit judged. `observed` is the worst process's."""

    limit: Limit
    outcome: Outcome
    observed: Optional[float]
    lower: Optional[float] = None
    upper: Optional[float] = None
    reason: Optional[Reason] = None
    distance: Optional[Distance] = None
    processes: Tuple[ProcessRuling, ...] = ()

    @property
    def margin(self) -> Optional[float]:
        """Share of the limit left over; negative when it is missed."""
        if self.observed is None:
            return None
        over = (self.observed - self.limit.bound) / self.limit.bound
        return over if self.limit.metric.higher_is_better else -over


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
        return Distance.FAR if Distance.FAR in failed else Distance.NEAR

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
        """Whether further processes could not change the word."""
        return self.word in (Word.FAIL, Word.INVALID)


def judge(measurement: Measurement, budget: Budget, allowed: Iterable[str] = ()) -> Verdict:
    """A pure function: the live check and a later `judge` of the saved file say the same."""
    rule = measurement.plan.rule(len(budget.sequential))
    rulings = tuple(_rule_on(limit, measurement, rule) for limit in budget.limits)
    findings = findings_of(measurement)
    allowed = frozenset(allowed)
    return Verdict(
        word=_word(rulings, findings, allowed),
        rulings=rulings,
        findings=findings,
        coverage=_coverage(measurement, rulings, rule),
        allowed=allowed,
        quick=measurement.plan.quick,
        fresh_may_miss=any(_fresh_may_miss(ruling) for ruling in rulings),
    )


def _word(rulings: Tuple[Ruling, ...], findings: Tuple[Finding, ...], allowed: FrozenSet[str]) -> Word:
    does_not_fit = any(ruling.reason is Reason.DOES_NOT_FIT for ruling in rulings)
    if does_not_fit:
        return Word.FAIL
    if any(finding.direction is Direction.CHANGES for finding in findings):
        return Word.INVALID
    outcomes = {ruling.outcome for ruling in rulings}
    if Outcome.FAIL in outcomes:
        slowed = any(f.direction is Direction.SLOWS and f.name not in allowed for f in findings)
        return Word.INVALID if slowed and _could_be_the_machine(rulings) else Word.FAIL
    return Word.PASS if outcomes == {Outcome.PASS} else Word.INCONCLUSIVE


def _could_be_the_machine(rulings: Tuple[Ruling, ...]) -> bool:
    """A slow machine makes latencies longer; it does not make an artefact larger or a peak higher."""
    return not any(
        ruling.outcome is Outcome.FAIL and ruling.limit.metric.judged in (Judged.EXACTLY, Judged.BY_THE_WORST)
        for ruling in rulings
    )


def _rule_on(limit: Limit, measurement: Measurement, rule: Rule) -> Ruling:
    judged = limit.metric.judged
    if judged is Judged.SEQUENTIALLY:
        return _rule_sequentially(limit, measurement, rule)
    if judged is Judged.EXACTLY:
        return _rule_by_the_worst(limit, [float(measurement.size_bytes)])
    if judged is Judged.BY_THE_WORST:
        if any(process.ended is Ended.OUT_OF_MEMORY for process in measurement.processes):
            return Ruling(limit, Outcome.FAIL, None, reason=Reason.DOES_NOT_FIT, distance=Distance.FAR)
        peaks = [float(p.peak_memory_bytes) for p in measurement.processes if p.peak_memory_bytes is not None]
        return _rule_by_the_worst(limit, peaks)
    return _rule_per_process(limit, measurement)


def _rule_sequentially(limit: Limit, measurement: Measurement, rule: Rule) -> Ruling:
    each = tuple(_rule_on_process(limit, process, rule) for process in measurement.processes)
    outcome, reason = _together([ruling.outcome for ruling in each], measurement.plan.processes)
    if outcome is Outcome.INCONCLUSIVE and reason is None:
        reason = next((ruling.reason for ruling in each if ruling.reason), Reason.UNDECIDED)
    worst = _worst_process(each, outcome)
    distance = None
    if outcome is Outcome.FAIL:
        distance = Distance.FAR if _fails_at(limit.bound * NEAR, limit, measurement, rule) else Distance.NEAR
    if worst is None:
        return Ruling(limit, outcome, None, reason=reason, processes=each)
    return Ruling(limit, outcome, worst.observed, worst.lower, worst.upper, reason, distance, each)


def _rule_on_process(limit: Limit, process: Process, rule: Rule) -> ProcessRuling:
    samples = process.samples_s
    if not samples:
        return ProcessRuling(Outcome.INCONCLUSIVE, None, reason=Reason.TOO_SHORT)
    decision = decide(samples, limit.threshold, rule)
    outcome, reason = decision.outcome, None
    if not decision.decided:
        reason = Reason.UNDECIDED if process.ended.is_whole else Reason.TOO_SHORT
    elif outcome is Outcome.INCONCLUSIVE:
        reason = Reason.DRIFTING
    elif outcome is Outcome.PASS and process.steady is False:
        outcome, reason = Outcome.INCONCLUSIVE, Reason.NEVER_STEADY
    lower, upper = bounds(samples, decision, limit.metric.q0, rule)
    used = samples[decision.first : decision.last]
    return ProcessRuling(outcome, percentile(used, limit.metric.percent or 0), lower, upper, decision, reason)


def _fails_at(bound: float, limit: Limit, measurement: Measurement, rule: Rule) -> bool:
    threshold = Threshold(bound, limit.metric.q0)
    return any(decide(p.samples_s, threshold, rule).outcome is Outcome.FAIL for p in measurement.processes)


def _together(outcomes: list[Outcome], planned: int) -> tuple[Outcome, Optional[Reason]]:
    """Processes are judged alone and never pooled: PASS needs every one, FAIL any one."""
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL, None
    if len(outcomes) < planned:
        return Outcome.INCONCLUSIVE, Reason.TOO_FEW_PROCESSES
    return (Outcome.PASS, None) if set(outcomes) == {Outcome.PASS} else (Outcome.INCONCLUSIVE, None)


def _worst_process(each: Tuple[ProcessRuling, ...], outcome: Outcome) -> Optional[ProcessRuling]:
    """The process the ruling rests on: the highest percentile among those that said the same."""
    seen = [ruling for ruling in each if ruling.observed is not None]
    same = [ruling for ruling in seen if ruling.outcome is outcome] or seen
    return max(same, key=lambda ruling: ruling.observed or 0.0, default=None)


def _rule_per_process(limit: Limit, measurement: Measurement) -> Ruling:
    values = [value for value in map(_reader(limit, measurement), measurement.processes) if value is not None]
    if not values:
        return Ruling(limit, Outcome.INCONCLUSIVE, None, reason=Reason.NOT_MEASURED)
    each = tuple(
        ProcessRuling(Outcome.PASS if limit.metric.meets(value, limit.bound) else Outcome.FAIL, value)
        for value in values
    )
    outcomes = {ruling.outcome for ruling in each}
    worst = min(values) if limit.metric.higher_is_better else max(values)
    if outcomes == {Outcome.FAIL}:
        return Ruling(limit, Outcome.FAIL, worst, distance=_distance(limit, worst), processes=each)
    if len(outcomes) > 1:
        return Ruling(limit, Outcome.INCONCLUSIVE, worst, reason=Reason.MIXED, processes=each)
    if len(values) < measurement.plan.processes:
        return Ruling(limit, Outcome.INCONCLUSIVE, worst, reason=Reason.TOO_FEW_PROCESSES, processes=each)
    return Ruling(limit, Outcome.PASS, worst, processes=each)


def _reader(limit: Limit, measurement: Measurement) -> Callable[[Process], Optional[float]]:
    if limit.metric.key == "fps":
        return lambda process: fps(process, measurement.job.batch)
    return lambda process: process.load_s


def _rule_by_the_worst(limit: Limit, values: list[float]) -> Ruling:
    if not values:
        return Ruling(limit, Outcome.INCONCLUSIVE, None, reason=Reason.NOT_MEASURED)
    worst = max(values)
    if limit.metric.meets(worst, limit.bound):
        return Ruling(limit, Outcome.PASS, worst)
    return Ruling(limit, Outcome.FAIL, worst, distance=_distance(limit, worst))


def _distance(limit: Limit, observed: float) -> Distance:
    ratio = limit.bound / observed if limit.metric.higher_is_better else observed / limit.bound
    return Distance.FAR if ratio > NEAR else Distance.NEAR


def fps(process: Process, batch: int) -> Optional[float]:
    """Frames a second back to back: what was inferred over the time it took."""
    total_s = sum(process.samples_s)
    return batch * len(process.samples_s) / total_s if total_s > 0 else None


def _fresh_may_miss(ruling: Ruling) -> bool:
    seen = [p.observed for p in ruling.processes if p.observed and p.decision]
    return len(seen) > 1 and max(seen) ** 2 / min(seen) > ruling.limit.bound >= max(seen)


def _coverage(measurement: Measurement, rulings: Tuple[Ruling, ...], rule: Rule) -> Coverage:
    decisions = [p.decision for ruling in rulings for p in ruling.processes if p.decision]
    return Coverage(
        processes=len(measurement.processes),
        planned=measurement.plan.processes,
        samples=sum(len(p.samples_s) for p in measurement.processes),
        seconds=sum(sum(p.samples_s) for p in measurement.processes),
        burst_floor=rule.burst_floor,
        longest_burst=max((d.longest_burst for d in decisions), default=0),
        bursts=sum(d.bursts for d in decisions),
    )
