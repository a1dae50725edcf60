"""The verdict in one line: its word, why, and the exit code."""

from __future__ import annotations

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.exits import Exit
from edgeprof.core.metric import Metric
from edgeprof.core.ruling import Reason, Ruling
from edgeprof.core.stats.sequential import Outcome
from edgeprof.core.validity import Direction
from edgeprof.core.verdict import Word
from edgeprof.report.units import is_many_times, number, of_metric, seen_of_metric, share

NO_VERDICT = "NO VERDICT"


def word_of(answer: Answer) -> str:
    if isinstance(answer, Judged):
        return answer.verdict.word.value
    # Out of memory under a memory limit is a miss of the budget; all else is no answer.
    return Word.FAIL.value if answer.exit is Exit.OVER_BUDGET else NO_VERDICT


def why(answer: Answer) -> str:
    """What follows the word."""
    if isinstance(answer, Refused):
        return answer.message
    verdict = answer.verdict
    reason = {
        Word.PASS: _passed,
        Word.FAIL: _failed,
        Word.INCONCLUSIVE: _undecided,
        Word.INVALID: _invalid,
    }[verdict.word](answer)
    return f"quick: {reason}" if verdict.quick else reason


def exit_of(answer: Answer) -> str:
    """The exit code; where a gate softened it, or a plan could not be saved, what it would have been."""
    code = f"exit {int(answer.exit)}"
    if isinstance(answer, Judged) and answer.exit is not answer.verdict.exit:
        return f"{code}, {int(answer.verdict.exit)} {'but for the plan' if answer.plan_note else 'accepted'}"
    return code


def _passed(answer: Judged) -> str:
    met = ", ".join(_limit(ruling) for ruling in answer.verdict.rulings)
    return f"meets {met}"


def _failed(answer: Judged) -> str:
    if any(ruling.reason is Reason.DOES_NOT_FIT for ruling in answer.verdict.rulings):
        return "does not fit: it ran out of memory"
    missed = [ruling for ruling in answer.verdict.rulings if ruling.outcome is Outcome.FAIL]
    said = ", ".join(_miss(ruling) for ruling in missed)
    distance = answer.verdict.distance
    return f"{distance.value}: {said}" if distance else said


def _undecided(answer: Judged) -> str:
    by_reason: dict[str, list[str]] = {}
    for ruling in answer.verdict.rulings:
        if ruling.outcome is Outcome.INCONCLUSIVE:
            said = ruling.reason.value if ruling.reason else "not decided"
            by_reason.setdefault(said, []).append(_name(ruling.limit.metric))
    return ", ".join(f"{' and '.join(names)}: {said}" for said, names in by_reason.items())


def _invalid(answer: Judged) -> str:
    findings = answer.verdict.findings
    changed = [finding.message for finding in findings if finding.direction is Direction.CHANGES]
    if changed:
        return changed[0] if len(changed) == 1 else f"{changed[0]}, and {len(changed) - 1} more"
    return "over budget, but the machine was slowed"


def _limit(ruling: Ruling) -> str:
    metric = ruling.limit.metric
    return f"{_name(metric)} {metric.sign} {of_metric(metric, ruling.limit.bound)}"


def _miss(ruling: Ruling) -> str:
    metric = ruling.limit.metric
    if ruling.observed is None or ruling.margin is None:
        return _limit(ruling)
    side = "below" if metric.higher_is_better else "over"
    seen, bound = seen_of_metric(metric, ruling.observed), of_metric(metric, ruling.limit.bound)
    if is_many_times(ruling.margin):
        return f"{_name(metric)} {seen} is {number(1 - ruling.margin)} times {bound}"
    return f"{_name(metric)} {seen} is {share(abs(ruling.margin))} {side} {bound}"


def _name(metric: Metric) -> str:
    return metric.title.replace(" latency", "")
