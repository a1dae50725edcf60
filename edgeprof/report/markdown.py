"""Answers as GitHub-flavoured Markdown, for a pull request's comment and a step's summary."""

from __future__ import annotations

import re
from typing import Iterator, Sequence

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.verdict import Word
from edgeprof.report import advice, coverage, headline
from edgeprof.report import processes as process_columns
from edgeprof.report.checks import HEADER, checks_of
from edgeprof.report.lines import one_line
from edgeprof.report.subject import facts_of
from edgeprof.report.summary import judged_summaries

# Only where it would be read as markup: a limit's <= and a name's underscores stay as they are.
_SPECIAL = re.compile(r"([\\`*\[\]|~]|<(?=[A-Za-z/!?])|(?<!\w)_|_(?!\w))")


def render(answers: Sequence[Answer]) -> str:
    return "\n".join(line for answer in answers for line in (*_answer(answer), "")).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    """Text from elsewhere as text: no markup, no table cell ended, no line ended."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


def _answer(answer: Answer) -> Iterator[str]:
    yield f"### {headline.word_of(answer)}: {escaped(answer.asked)}"
    yield ""
    if isinstance(answer, Refused):
        yield f"**Error** {escaped(answer.message)} ({headline.exit_of(answer)})"
        if answer.hint:
            yield ""
            yield f"**Try** {escaped(answer.hint)}"
        return
    yield f"{escaped(headline.why(answer))} ({headline.exit_of(answer)})"
    yield ""
    checks = checks_of(answer)
    yield from _table(HEADER, [check.cells for check in checks])
    yield from _list("", [f"{check.title}: {note}" for check in checks for note in check.notes])
    findings = [f"{f.message}; {f.hint}" if f.hint else f.message for f in answer.verdict.findings]
    yield from _list("**Findings**", [*coverage.warnings(answer), *findings])
    yield from _list("**Try**", advice.next_steps(answer))
    yield from _details(answer)


def _details(answer: Judged) -> Iterator[str]:
    """Folded away, since a reviewer looks at the verdict first."""
    yield ""
    yield "<details><summary>What was run</summary>"
    yield ""
    facts = list(facts_of(answer.measurement))
    if answer.saved_at:
        facts.append(("saved", answer.saved_at))
    yield from _table(("", ""), facts)
    yield ""
    processes = judged_summaries(answer)
    if processes:
        yield from _table(process_columns.HEADER, process_columns.process_rows(processes))
    label = "Covers:" if answer.verdict.word is Word.PASS else "Rests on:"
    yield from _list(label, coverage.sentences(answer, processes))
    yield ""
    yield "</details>"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _row(header)
    yield _row(["---"] * len(header))
    for row in rows:
        yield _row([escaped(cell) for cell in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if not items:
        return
    yield ""
    if title:
        yield title
        yield ""
    for item in items:
        yield f"- {escaped(item)}"
