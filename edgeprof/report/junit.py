"""Answers as JUnit XML: a suite for each model, a case for each limit, and nothing undecided is ever skipped."""

from __future__ import annotations

import re
from typing import Sequence
from xml.etree import ElementTree as ET

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.exits import Exit
from edgeprof.core.stats.sequential import Outcome
from edgeprof.core.verdict import Word
from edgeprof.report import advice, headline
from edgeprof.report.checks import Check, checks_of

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(answers: Sequence[Answer]) -> str:
    root = ET.Element("testsuites", name="edgeprof")
    for answer in answers:
        _add_suite(root, answer)
    cases = root.findall(".//testcase")
    _set_counts(root, cases)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ET.Element, answer: Answer) -> None:
    suite = ET.SubElement(root, "testsuite", name=_allowed(answer.asked))
    if isinstance(answer, Refused):
        case = ET.SubElement(suite, "testcase", classname=_allowed(answer.asked), name="check", time="0")
        # Out of memory under a memory limit is a miss of the budget; all else is no answer.
        tag = "failure" if answer.exit is Exit.OVER_BUDGET else "error"
        _add_problem(case, tag, f"exit {int(answer.exit)}", answer.message, answer.hint or "")
    else:
        suite.set("timestamp", _allowed(answer.measurement.created_at))
        for check, outcome in zip(checks_of(answer), (r.outcome for r in answer.verdict.rulings), strict=True):
            _add_case(suite, answer, check, outcome)
        ET.SubElement(suite, "system-out").text = _allowed(_said(answer))
    _set_counts(suite, suite.findall("testcase"))


def _add_case(suite: ET.Element, answer: Judged, check: Check, outcome: Outcome) -> None:
    seconds = answer.verdict.coverage.seconds / len(answer.verdict.rulings)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_allowed(f"{answer.asked}.{answer.measurement.job.device}"),
        name=f"{check.title} {check.limit}",
        time=f"{seconds:.3f}",
    )
    interval = f", 95 % interval {check.interval}" if check.interval else ""
    message = f"{check.outcome}: observed {check.observed}{interval}, margin {check.margin}"
    steps = "\n".join((*check.notes, *advice.next_steps(answer)))
    if answer.verdict.word is Word.INVALID:
        _add_problem(case, "error", "INVALID", f"no verdict: {headline.why(answer)}", f"{message}\n{steps}")
    elif outcome is not Outcome.PASS:
        tag = "failure" if outcome is Outcome.FAIL else "error"
        _add_problem(case, tag, outcome.value, message, steps)


def _add_problem(case: ET.Element, tag: str, kind: str, message: str, text: str) -> None:
    ET.SubElement(case, tag, type=kind, message=_allowed(message)).text = _allowed(text)


def _said(answer: Judged) -> str:
    lines = [f"{headline.word_of(answer)}: {headline.why(answer)} ({headline.exit_of(answer)})"]
    lines += [finding.message for finding in answer.verdict.findings]
    if answer.saved_at:
        lines.append(f"saved {answer.saved_at}")
    return "\n".join(lines)


def _set_counts(element: ET.Element, cases: Sequence[ET.Element]) -> None:
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", str(sum(case.find("error") is not None for case in cases)))
    element.set("skipped", "0")
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _allowed(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
