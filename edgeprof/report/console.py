"""An answer for people at a terminal: the record first, the verdict last."""

from __future__ import annotations

from typing import Sequence

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.stats.sequential import Outcome
from edgeprof.core.validity import Direction, Finding
from edgeprof.core.verdict import Verdict, Word
from edgeprof.report import advice, coverage, headline
from edgeprof.report.checks import HEADER, checks_of
from edgeprof.report.histogram import histogram
from edgeprof.report.lines import BLANK, Line, Span, labelled, labelled_list, line, one_line, prose, saved_line
from edgeprof.report.processes import process_table
from edgeprof.report.subject import model_of, subject_lines
from edgeprof.report.summary import Summary, judged_summaries
from edgeprof.report.tables import table
from edgeprof.report.telemetry import telemetry_lines
from edgeprof.report.units import count

_STYLES = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.INCONCLUSIVE: "unsure"}
_WORD_STYLES = {Word.PASS.value: "pass-word", Word.FAIL.value: "fail-word"}


def render(answer: Answer, *, width: int = 80, quiet: bool = False) -> list[Line]:
    """The whole report, or with `quiet` the verdict's line alone; `lines.plain` and `lines.styled` make text of it."""
    if quiet:
        return [_one_line_verdict(answer)]
    if isinstance(answer, Refused):
        return _refused(answer, width)
    processes = judged_summaries(answer)
    sections = (
        subject_lines(answer.measurement, width),
        _latencies(answer, processes, width),
        process_table(processes, width),
        telemetry_lines(answer.measurement, width),
        _checks(answer, width),
        _findings(answer, width),
        _coverage(answer, processes, width),
        labelled_list("try", advice.next_steps(answer), width, style="strong"),
        _verdict(answer, width),
    )
    lines: list[Line] = []
    for section in sections:
        if section:
            lines += [*section, BLANK]
    return lines[:-1]


def _latencies(answer: Judged, processes: Sequence[Summary], width: int) -> list[Line]:
    samples = [latency_s for summary in processes for latency_s in summary.samples_s]
    if not samples:
        return []
    title = f"  latency of {count(len(samples), 'sample')} in {count(len(processes), 'process')}"
    return [line(title, "strong"), *histogram(samples, answer.budget.sequential, width)]


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
        lines += labelled(label, finding.message, width, style=style)
        following = findings[i + 1].hint if i + 1 < len(findings) else None
        if finding.hint and finding.hint != following:
            lines += labelled("", finding.hint, width)
    return lines


def _label(finding: Finding, verdict: Verdict) -> tuple[str, str]:
    if finding.direction is Direction.CHANGES:
        return ("invalid", "fail") if verdict.word is Word.INVALID else ("noted", "dim")
    if finding.direction is Direction.SLOWS:
        return ("allowed", "dim") if finding.name in verdict.allowed else ("slowed", "unsure")
    return "noted", "dim"


def _coverage(answer: Judged, processes: tuple[Summary, ...], width: int) -> list[Line]:
    label = "covers" if answer.verdict.word is Word.PASS else "rests on"
    return [
        *labelled_list(label, coverage.sentences(answer, processes), width),
        *labelled_list("warning", coverage.warnings(answer), width, style="unsure"),
    ]


def _verdict(answer: Judged, width: int) -> list[Line]:
    lines: list[Line] = []
    if answer.plan_at:
        digest = next((p.plan_digest for p in answer.measurement.processes if p.plan_digest), "")
        lines += [*labelled("plan", f"{answer.plan_at} is the one that was judged, {digest}", width), BLANK]
    if answer.saved_at:
        lines += [saved_line(answer.saved_at), BLANK]
    return [*lines, line("━" * width, "dim"), *_headline(answer, width)]


def _headline(answer: Answer, width: int) -> list[Line]:
    """The word, why, and the exit code at the right edge."""
    word, code = headline.word_of(answer), headline.exit_of(answer)
    reason = "" if isinstance(answer, Refused) else headline.why(answer)
    room = width - len(code) - 2
    (_, said), *rest = labelled("", reason, room, column=len(word) + 4)
    first = (
        Span(f" {word} ", _WORD_STYLES.get(word, "unsure-word")),
        Span(f"  {said.text}".ljust(width - len(word) - 2 - len(code))),
        Span(code, "strong"),
    )
    return [first, *rest]


def error_lines(answer: Refused, width: int) -> list[Line]:
    """What is wrong and what to do next, without a verdict's line."""
    lines = labelled("model", answer.asked, width, style="dim")
    lines += labelled("error", answer.message, width, style="fail")
    if answer.hint:
        lines += labelled("hint", answer.hint, width, style="strong")
    return lines


def _refused(answer: Refused, width: int) -> list[Line]:
    return [*error_lines(answer, width), BLANK, line("━" * width, "dim"), *_headline(answer, width)]


def _one_line_verdict(answer: Answer) -> Line:
    name = answer.asked if isinstance(answer, Refused) else model_of(answer.measurement)
    style = "unsure"
    if isinstance(answer, Judged):
        style = {Word.PASS: "pass", Word.FAIL: "fail"}.get(answer.verdict.word, style)
    said = f"  {one_line(name)}: {one_line(headline.why(answer))} ({headline.exit_of(answer)})"
    return (Span(headline.word_of(answer), style), Span(said))
