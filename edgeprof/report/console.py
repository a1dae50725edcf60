"""An answer for people at a terminal: the record first, the verdict last."""

from __future__ import annotations

from typing import Sequence

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.metric import MIB
from edgeprof.core.stats.sequential import Outcome
from edgeprof.core.validity import Direction, Finding
from edgeprof.core.verdict import Verdict, Word
from edgeprof.report import advice, coverage, headline
from edgeprof.report.checks import HEADER, checks_of
from edgeprof.report.histogram import histogram
from edgeprof.report.lines import BLANK, Line, Span, labelled, line, one_line, prose
from edgeprof.report.subject import facts_of, model_of
from edgeprof.report.summary import Summary, judged_summaries
from edgeprof.report.tables import table
from edgeprof.report.units import column, count

_FACTS = 14  # where the values of facts begin
_STYLES = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.INCONCLUSIVE: "unsure"}
_WORD_STYLES = {Word.PASS: "pass-word", Word.FAIL: "fail-word"}


def render(answer: Answer, *, width: int = 80, quiet: bool = False) -> list[Line]:
    """The whole report, or with `quiet` the verdict's line alone; `lines.plain` and `lines.styled` make text of it."""
    if quiet:
        return [_one_line_verdict(answer)]
    if isinstance(answer, Refused):
        return _refused(answer, width)
    processes = judged_summaries(answer)
    sections = (
        _subject(answer, width),
        _latencies(answer, processes, width),
        process_table(processes, width),
        _checks(answer, width),
        _findings(answer, width),
        _coverage(answer, processes, width),
        _next_steps(answer, width),
        _verdict(answer, width),
    )
    lines: list[Line] = []
    for section in sections:
        if section:
            lines += [*section, BLANK]
    return lines[:-1]


def _subject(answer: Judged, width: int) -> list[Line]:
    lines: list[Line] = []
    last = None
    for key, value in facts_of(answer.measurement):
        lines += labelled("" if key == last else key, value, width, column=_FACTS, style="dim")
        last = key
    return lines


def _latencies(answer: Judged, processes: Sequence[Summary], width: int) -> list[Line]:
    samples = [latency_s for summary in processes for latency_s in summary.samples_s]
    if not samples:
        return []
    title = f"  latency of {count(len(samples), 'sample')} in {count(len(processes), 'process')}"
    return [line(title, "strong"), *histogram(samples, answer.budget.sequential, width)]


_PROCESS_HEADER = ("process", "samples", "p50 ms", "p99 ms", "fps", "load s", "peak MiB", "first ms", "warm-up s")


def process_table(processes: Sequence[Summary], width: int) -> list[Line]:
    """Each process in a row: they are judged alone, so they are shown alone."""
    if not processes:
        return []
    columns = (
        [str(summary.number) for summary in processes],
        [str(len(summary.samples_s)) for summary in processes],
        column([_times(summary.percentile(50), 1e3) for summary in processes]),
        column([_times(summary.percentile(99), 1e3) for summary in processes]),
        column([summary.fps for summary in processes], decimals=2),
        column([summary.process.load_s for summary in processes], decimals=2),
        column([_times(summary.process.peak_memory_bytes, 1 / MIB) for summary in processes], decimals=0),
        column([_times(summary.process.first_inference_s, 1e3) for summary in processes], decimals=1),
        [_warm_up(summary, text) for summary, text in _with_text(processes)],
    )
    rows = list(zip(*columns, strict=True))
    return table(_PROCESS_HEADER, rows, width=width, right=frozenset(range(len(columns))))


def _with_text(processes: Sequence[Summary]) -> list[tuple[Summary, str]]:
    return list(zip(processes, column([summary.warmup_s for summary in processes], decimals=2), strict=True))


def _warm_up(summary: Summary, text: str) -> str:
    return f"{text} (unsteady)" if summary.process.steady is False else text


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _checks(answer: Judged, width: int) -> list[Line]:
    checks = checks_of(answer)
    rows = [check.cells for check in checks]
    styles = [_STYLES[ruling.outcome] for ruling in answer.verdict.rulings]
    lines = table(HEADER, rows, width=width, right=frozenset({4}), styles=styles)
    for check in checks:
        for note in check.notes:
            lines += prose(f"{check.title}: {note}", width, indent=4)
    return lines


def _findings(answer: Judged, width: int) -> list[Line]:
    findings = answer.verdict.findings
    lines: list[Line] = []
    for i, finding in enumerate(findings):
        label, style = _label(finding, answer.verdict)
        lines += labelled(label, finding.message, width, column=_FACTS, style=style)
        following = findings[i + 1].hint if i + 1 < len(findings) else None
        if finding.hint and finding.hint != following:
            lines += labelled("", finding.hint, width, column=_FACTS)
    return lines


def _label(finding: Finding, verdict: Verdict) -> tuple[str, str]:
    if finding.direction is Direction.CHANGES:
        return ("invalid", "fail") if verdict.word is Word.INVALID else ("noted", "dim")
    if finding.direction is Direction.SLOWS:
        return ("allowed", "dim") if finding.name in verdict.allowed else ("slowed", "unsure")
    return "noted", "dim"


def _coverage(answer: Judged, processes: tuple[Summary, ...], width: int) -> list[Line]:
    label = "covers" if answer.verdict.word is Word.PASS else "rests on"
    lines: list[Line] = []
    for i, sentence in enumerate(coverage.sentences(answer, processes)):
        lines += labelled("" if i else label, sentence, width, column=_FACTS, style="dim")
    return lines


def _next_steps(answer: Judged, width: int) -> list[Line]:
    lines: list[Line] = []
    for i, step in enumerate(advice.next_steps(answer)):
        lines += labelled("" if i else "try", step, width, column=_FACTS, style="strong")
    return lines


def _verdict(answer: Judged, width: int) -> list[Line]:
    lines: list[Line] = []
    if answer.saved_at:
        # Never wrapped: a path is copied.
        lines.append((Span("  saved".ljust(_FACTS), "dim"), Span(one_line(answer.saved_at))))
        lines.append(BLANK)
    return [*lines, line("━" * width, "dim"), *_headline(answer, width)]


def _headline(answer: Answer, width: int) -> list[Line]:
    """The word, why, and the exit code at the right edge."""
    word, code = headline.word_of(answer), headline.exit_of(answer)
    column_ = len(word) + 4
    reason = "" if isinstance(answer, Refused) else headline.why(answer)
    room = width - len(code) - 2
    (_, said), *rest = labelled("", reason, room, column=column_)
    style = "unsure-word" if isinstance(answer, Refused) else _WORD_STYLES.get(answer.verdict.word, "unsure-word")
    first = (
        Span(f" {word} ", style),
        Span(f"  {said.text}".ljust(width - len(word) - 2 - len(code))),
        Span(code, "strong"),
    )
    return [first, *rest]


def _refused(answer: Refused, width: int) -> list[Line]:
    lines = labelled("model", answer.asked, width, column=_FACTS, style="dim")
    lines += labelled("error", answer.message, width, column=_FACTS, style="fail")
    if answer.hint:
        lines += labelled("hint", answer.hint, width, column=_FACTS, style="strong")
    return [*lines, BLANK, line("━" * width, "dim"), *_headline(answer, width)]


def _one_line_verdict(answer: Answer) -> Line:
    name = answer.asked if isinstance(answer, Refused) else model_of(answer.measurement)
    style = "unsure"
    if isinstance(answer, Judged):
        style = {Word.PASS: "pass", Word.FAIL: "fail"}.get(answer.verdict.word, style)
    said = f"  {one_line(name)}: {one_line(headline.why(answer))} ({headline.exit_of(answer)})"
    return (Span(headline.word_of(answer), style), Span(said))
