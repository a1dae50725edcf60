"""Each limit of a verdict in words: what was allowed, what was seen, how sure that is, and what is left over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional, Sequence

from edgeprof.core.answer import Judged
from edgeprof.core.ruling import ProcessRuling, Reason, Ruling
from edgeprof.core.stats.sequential import CountTest
from edgeprof.core.verdict import Word
from edgeprof.report.telemetry import power_source
from edgeprof.report.units import UNKNOWN, count, duration, margin, measured, of_metric, seen_of_metric


@dataclass(frozen=True)
class Check:
    """One ruling, ready to print; `notes` say what the columns cannot."""

    title: str
    limit: str
    observed: str
    interval: str
    margin: str
    outcome: str
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.title, self.limit, self.observed, self.interval, self.margin, self.outcome)


HEADER = ("check", "limit", "observed", "95 % interval", "margin", "outcome")


def checks_of(answer: Judged) -> tuple[Check, ...]:
    return tuple(_check(ruling, answer) for ruling in answer.verdict.rulings)


def worst_process(ruling: Ruling) -> Optional[tuple[int, ProcessRuling]]:
    """The process the ruling's figures are from, and its number from 1."""
    for number_, process in enumerate(ruling.processes, 1):
        if process.observed is not None and process.observed == ruling.observed and process.upper == ruling.upper:
            return number_, process
    return None


def _check(ruling: Ruling, answer: Judged) -> Check:
    metric = ruling.limit.metric
    return Check(
        title=metric.title,
        limit=f"{metric.sign} {of_metric(metric, ruling.limit.bound)}",
        observed=UNKNOWN if ruling.observed is None else seen_of_metric(metric, ruling.observed),
        interval=_interval(ruling),
        margin=UNKNOWN if ruling.margin is None else margin(ruling.margin),
        outcome=f"{ruling.outcome.value} {ruling.distance.value}" if ruling.distance else ruling.outcome.value,
        notes=tuple(_notes(ruling, answer)),
    )


def _interval(ruling: Ruling) -> str:
    """Of a percentile only: the other metrics are a number for each process, and nothing is inferred."""
    metric = ruling.limit.metric
    if metric.percent is None or ruling.observed is None:
        return ""
    if ruling.lower is None:
        return "not known" if ruling.upper is None else f"up to {measured(metric.shown(ruling.upper))}"
    low = measured(metric.shown(ruling.lower))
    return f"{low} or more" if ruling.upper is None else f"{low} to {measured(metric.shown(ruling.upper))}"


def _notes(ruling: Ruling, answer: Judged) -> Iterator[str]:
    # Once a check has failed its other processes are not started: that they are missing is no news.
    is_news = ruling.reason is not Reason.TOO_FEW_PROCESSES or answer.verdict.word is Word.INCONCLUSIVE
    worst = worst_process(ruling)
    decision = worst[1].decision if worst else None
    if ruling.reason is not None and is_news:
        seen = ""
        if ruling.reason is Reason.UNDECIDED and worst and decision:
            taken = count(decision.last - decision.first, "sample")
            seen = f": process {worst[0]} had {decision.over} of {taken} over the limit"
        yield ruling.reason.value + seen
    source = power_source(answer.measurement.processes) if ruling.limit.metric.is_of_power else None
    if source:
        yield f"as read by {source}"
    if ruling.upper is None and worst and decision:
        samples_s = answer.measurement.processes[worst[0] - 1].samples_s[decision.first : decision.last]
        yield f"unbounded above: p{ruling.limit.metric.percent:g} needs {_needed(samples_s, ruling, answer)}"


def _needed(samples_s: Sequence[float], ruling: Ruling, answer: Judged) -> str:
    rule = answer.measurement.plan.rule(len(answer.budget.sequential))
    least = CountTest(ruling.limit.threshold, rule).samples_needed()
    if len(samples_s) < least:
        return f"at least {least} samples, {len(samples_s)} counted"
    return f"at least {duration(rule.pass_s)} of samples, {duration(sum(samples_s))} counted"
