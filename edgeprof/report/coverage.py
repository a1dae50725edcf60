"""What a verdict rests on and speaks for, in sentences."""

from __future__ import annotations

from typing import Iterator

from edgeprof.core.answer import Judged
from edgeprof.core.verdict import Word
from edgeprof.report.summary import Summary
from edgeprof.report.units import count, duration

QUICK = "quick: assumes independent samples, one process; not for a gate"


def sentences(answer: Judged, processes: tuple[Summary, ...]) -> tuple[str, ...]:
    return tuple(_sentences(answer, processes))


def _sentences(answer: Judged, processes: tuple[Summary, ...]) -> Iterator[str]:
    verdict, coverage = answer.verdict, answer.verdict.coverage
    ran = count(coverage.processes, "fresh process")
    if coverage.processes < coverage.planned:
        ran += f" of {coverage.planned} planned"
    yield f"{ran}, {count(coverage.samples, 'sample')} in {duration(coverage.seconds)} after warm-up"
    if verdict.word is Word.PASS:
        if answer.budget.sequential:
            frames = count(round(coverage.burst_samples), "frame")
            yield f"slowdowns averaging up to {frames}, {duration(coverage.burst_s)}"
        if not verdict.quick:
            yield f"at 95 %, at least {coverage.fresh_share * 100:.0f} % of fresh processes would pass"
    if answer.budget.sequential and verdict.word is not Word.FAIL:
        yield _bursts(answer)
    yield from _late_warmups(processes)
    yield from _early_decisions(answer)


def warnings(answer: Judged) -> tuple[str, ...]:
    """What must not be read past, though it changes no verdict."""
    found = []
    parity = answer.measurement.parity
    if parity is not None and parity.is_vacuous:
        found.append("parity is vacuous: an output that ignored its input would pass it too")
    for number, process in enumerate(answer.measurement.processes, 1):
        if process.steady is False:
            found.append(f"process {number} never became steady while it warmed up (!)")
    if answer.verdict.fresh_may_miss:
        found.append("a fresh process may miss: the processes measured differ too much for the margin left")
    if answer.verdict.quick:
        found.append(QUICK)
    if answer.plan_note:
        found.append(answer.plan_note)
    return tuple(found)


def _bursts(answer: Judged) -> str:
    coverage = answer.verdict.coverage
    assumed = f"{coverage.burst_floor} in a row assumed (D0)"
    if not coverage.bursts:
        return f"bursts over the limit: none seen, {assumed}"
    return f"bursts over the limit: {coverage.bursts} seen, the longest of {coverage.longest_burst} (S), {assumed}"


def _late_warmups(processes: tuple[Summary, ...]) -> Iterator[str]:
    for summary in processes:
        if summary.late_warmup:
            samples = count(summary.late_warmup, "sample")
            yield f"process {summary.number}: late warm-up, its first {samples} are not counted"


def _early_decisions(answer: Judged) -> Iterator[str]:
    """A saved measurement judged anew, or one of several limits, may be decided before its samples end."""
    for ruling in answer.verdict.rulings:
        decided = [
            (process.decision.last, len(measured.samples_s))
            for process, measured in zip(ruling.processes, answer.measurement.processes)  # noqa: B905
            if process.decision is not None and process.decision.decided
        ]
        if any(last < taken for last, taken in decided):
            decided = decided[:1] if len(set(decided)) == 1 else decided
            at, of = (", ".join(map(str, each)) for each in zip(*decided, strict=True))
            figures = ": the check's figure is of these, the table's of all" if ruling.observed is not None else ""
            yield f"{ruling.limit.metric.title} was decided by sample {at} of {of}{figures}"
