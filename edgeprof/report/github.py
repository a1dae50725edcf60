"""Answers as GitHub Actions annotations; the step summary is the Markdown report."""

from typing import Iterator

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.exits import Exit
from edgeprof.core.stats.sequential import Outcome
from edgeprof.core.validity import Direction
from edgeprof.core.verdict import Word
from edgeprof.report import coverage, headline
from edgeprof.report.checks import checks_of

_SAID_AS_A_WHOLE = (Word.PASS, Word.INVALID)


def annotations(answer: Answer) -> list[str]:
    """Workflow commands, one a line: what stops the job is an error, what a gate accepted is a warning."""
    return list(_refused(answer) if isinstance(answer, Refused) else _judged(answer))


def _refused(answer: Refused) -> Iterator[str]:
    said = f"{answer.message}\n{answer.hint}" if answer.hint else answer.message
    yield _command("error", f"edgeprof: {headline.word_of(answer)} on {answer.asked}", said)


def _judged(answer: Judged) -> Iterator[str]:
    word = answer.verdict.word
    title = f"edgeprof: {word.value} on {answer.asked}"
    level = "notice" if word is Word.PASS else "warning" if answer.exit is Exit.PASS else "error"
    if word in _SAID_AS_A_WHOLE:
        yield _command(level, title, headline.why(answer))
    else:
        yield from _missed(answer, level, title)
    for warning in coverage.warnings(answer):
        yield _command("warning", f"edgeprof: {answer.asked}", warning)
    for finding in answer.verdict.findings:
        said = f"{finding.message}\n{finding.hint}" if finding.hint else finding.message
        kind = "notice" if finding.direction is Direction.VARIES else "warning"
        yield _command(kind, f"edgeprof: {finding.name}", said)


def _missed(answer: Judged, level: str, title: str) -> Iterator[str]:
    decisive = Outcome.FAIL if answer.verdict.word is Word.FAIL else Outcome.INCONCLUSIVE
    for check, ruling in zip(checks_of(answer), answer.verdict.rulings, strict=True):
        if ruling.outcome is decisive:
            said = f"{check.title} {check.observed}, limit {check.limit}, margin {check.margin}: {check.outcome}"
            yield _command(level, title, "\n".join((said, *check.notes)))


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """As the runner decodes it: percent first, or the escapes would be escaped."""
    return _printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\r\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
