"""Rule on one limit: what each process says of it, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Callable, List, Optional, Tuple

from edgeprof.core.budget import Limit
from edgeprof.core.measurement import Ended, Measurement, Process
from edgeprof.core.metric import Judging
from edgeprof.core.stats.bounds import bounds
from edgeprof.core.stats.percentile import percentile
from edgeprof.core.stats.sequential import Decision, Outcome, Rule, Threshold, decide

NEAR = 1.2  # a budget missed by more than this is the wrong backbone, not the wrong setting


class Distance(str, Enum):
    NEAR = "near"
    FAR = "far"


class Reason(str, Enum):
    """Why a ruling is INCONCLUSIVE, or FAILs without a number."""

    TOO_FEW_PROCESSES = "fewer processes than planned"
    UNDECIDED = "too close to the limit for the samples taken"
    TOO_FEW_SAMPLES = "sampling had ended when another limit was decided, too soon for this one"
    TOO_SHORT = "the process ended before it had samples enough"
    DRIFTING = "the latency drifted"
    NEVER_STEADY = "the warm-up never became steady"
    MIXED = "some processes meet it and some do not"
    NOT_MEASURED = "not measured"
    NO_POWER = "no power was read"
    NO_GPU_MEMORY = "nobody could tell the GPU's part of its memory"
    DOES_NOT_FIT = "does not fit"
    NO_SAMPLES = "the file holds figures and no samples"


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


def rule_on(limit: Limit, measurement: Measurement, rule: Rule) -> Ruling:
    judged = limit.metric.judged
    if judged is Judging.SEQUENTIALLY:
        return _rule_sequentially(limit, measurement, rule)
    if judged is Judging.EXACTLY:
        size = measurement.size_bytes
        return _rule_by_the_worst(limit, [] if size is None else [float(size)], expected=1)
    if limit.metric.is_of_power:
        return _rule_on_power(limit, measurement)
    if judged is Judging.BY_THE_WORST:
        return _rule_on_memory(limit, measurement)
    return _rule_per_process(limit, measurement)


def _rule_sequentially(limit: Limit, measurement: Measurement, rule: Rule) -> Ruling:
    each = tuple(_rule_on_process(limit, process, rule) for process in measurement.processes)
    outcome, reason = _together([ruling.outcome for ruling in each], measurement.plan.processes)
    if any(ruling.reason is Reason.NO_SAMPLES for ruling in each) and outcome is Outcome.INCONCLUSIVE:
        reason = Reason.NO_SAMPLES
    if outcome is Outcome.INCONCLUSIVE and reason is None:
        reason = next((ruling.reason for ruling in each if ruling.reason), Reason.UNDECIDED)
    worst = _worst_process(each, outcome)
    distance = None
    if outcome is Outcome.FAIL and worst is not None:
        is_far = _fails_at(limit.bound * NEAR, limit, measurement, rule)
        # A miss that was seen to be large, and not shown to be, is neither near nor far.
        is_near = (worst.observed or 0.0) <= limit.bound * NEAR
        distance = Distance.FAR if is_far else Distance.NEAR if is_near else None
    if worst is None:
        return Ruling(limit, outcome, None, reason=reason, processes=each)
    return Ruling(limit, outcome, worst.observed, worst.lower, worst.upper, reason, distance, each)


def _rule_on_process(limit: Limit, process: Process, rule: Rule) -> ProcessRuling:
    samples = process.samples_s
    if not samples:
        is_figures = process.ended is Ended.NOT_KNOWN
        return ProcessRuling(Outcome.INCONCLUSIVE, None, reason=Reason.NO_SAMPLES if is_figures else Reason.TOO_SHORT)
    decision = decide(samples, limit.threshold, rule)
    outcome, reason = decision.outcome, None
    if not decision.decided and process.ended.is_whole:
        is_under = decision.over <= limit.metric.q0 * (decision.last - decision.first)
        reason = Reason.TOO_FEW_SAMPLES if is_under and process.ended is Ended.DECIDED else Reason.UNDECIDED
    elif not decision.decided:
        reason = Reason.TOO_SHORT
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


def _together(outcomes: List[Outcome], planned: int) -> Tuple[Outcome, Optional[Reason]]:
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
    if len(outcomes) > 1:
        return Ruling(limit, Outcome.INCONCLUSIVE, worst, reason=Reason.MIXED, processes=each)
    if len(values) < measurement.plan.processes:
        return Ruling(limit, Outcome.INCONCLUSIVE, worst, reason=Reason.TOO_FEW_PROCESSES, processes=each)
    if outcomes == {Outcome.FAIL}:
        return Ruling(limit, Outcome.FAIL, worst, distance=_distance(limit, worst), processes=each)
    return Ruling(limit, Outcome.PASS, worst, processes=each)


def _reader(limit: Limit, measurement: Measurement) -> Callable[[Process], Optional[float]]:
    if limit.metric.key == "fps":
        return lambda process: fps(process, measurement.job.batch)
    return lambda process: process.load_s


def _rule_on_memory(limit: Limit, measurement: Measurement) -> Ruling:
    if any(process.ended is Ended.OUT_OF_MEMORY for process in measurement.processes):
        return Ruling(limit, Outcome.FAIL, None, reason=Reason.DOES_NOT_FIT, distance=Distance.FAR)
    peaks = [float(p.peak_memory_bytes) for p in measurement.processes if p.peak_memory_bytes is not None]
    ruling = _rule_by_the_worst(limit, peaks, expected=measurement.plan.processes)
    untold = any(p.peak_memory_bytes is None and p.memory_scope != "process" for p in measurement.processes)
    return replace(ruling, reason=Reason.NO_GPU_MEMORY) if untold and ruling.outcome is Outcome.INCONCLUSIVE else ruling


def _rule_on_power(limit: Limit, measurement: Measurement) -> Ruling:
    """A process whose power nobody read may have drawn any: then the others can miss the limit, and never meet it."""
    read = [_power(limit, process, measurement.job.batch) for process in measurement.processes]
    ruling = _rule_by_the_worst(limit, [v for v in read if v is not None], expected=measurement.plan.processes)
    if ruling.outcome is Outcome.INCONCLUSIVE and None in read:
        return replace(ruling, reason=Reason.NO_POWER)
    return ruling


def _power(limit: Limit, process: Process, batch: int) -> Optional[float]:
    if limit.metric.key == "energy_mj":
        return energy_a_frame_j(process, batch)
    return process.telemetry.power_w if process.telemetry else None


def _rule_by_the_worst(limit: Limit, values: List[float], expected: int) -> Ruling:
    if not values:
        return Ruling(limit, Outcome.INCONCLUSIVE, None, reason=Reason.NOT_MEASURED)
    worst = max(values)
    if not limit.metric.meets(worst, limit.bound):
        return Ruling(limit, Outcome.FAIL, worst, distance=_distance(limit, worst))
    if len(values) < expected:
        return Ruling(limit, Outcome.INCONCLUSIVE, worst, reason=Reason.TOO_FEW_PROCESSES)
    return Ruling(limit, Outcome.PASS, worst)


def _distance(limit: Limit, observed: float) -> Distance:
    ratio = limit.bound / observed if limit.metric.higher_is_better else observed / limit.bound
    return Distance.FAR if ratio > NEAR else Distance.NEAR


def fps(process: Process, batch: int) -> Optional[float]:
    """Frames a second back to back: what was inferred over the time it took. Other tools' samples may overlap."""
    total_s = 0.0 if process.ended is Ended.NOT_KNOWN else sum(process.samples_s)
    return batch * len(process.samples_s) / total_s if total_s > 0 else None


def energy_a_frame_j(process: Process, batch: int) -> Optional[float]:
    """The mean power for the time a frame took back to back: readings begin and end beside the samples."""
    frames_a_second = fps(process, batch)
    power_w = process.telemetry.power_w if process.telemetry else None
    return power_w / frames_a_second if power_w is not None and frames_a_second else None
