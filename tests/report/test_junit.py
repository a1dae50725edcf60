from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from edgeprof.core.exits import Exit
from edgeprof.report import junit

from . import scenes
from .goldens import assert_golden


def parsed(*answers) -> ET.Element:
    return ET.fromstring(junit.render(answers).encode())


def outcomes(*answers) -> list[str]:
    return [case[0].tag if len(case) else "passed" for case in parsed(*answers).iter("testcase")]


def test_the_document_reads_as_its_golden() -> None:
    answers = [scenes.a_pass(), scenes.with_memory(), scenes.an_invalid(), scenes.a_refusal()]

    assert_golden("junit.xml", junit.render(answers))


def test_a_missed_limit_is_a_failure_and_the_others_of_its_check_are_not() -> None:
    assert outcomes(scenes.with_memory()) == ["failure", "passed", "passed", "failure", "passed"]


def test_an_undecided_limit_is_an_error() -> None:
    assert outcomes(scenes.an_undecided()) == ["error", "passed"]


def test_no_limit_of_an_invalid_check_has_an_answer() -> None:
    assert outcomes(scenes.an_invalid()) == ["error", "error"]


@pytest.mark.parametrize("code", [Exit.USAGE, Exit.INCONCLUSIVE, Exit.ENVIRONMENT, Exit.CONVERSION, Exit.BUG])
def test_a_refusal_is_an_error(code: Exit) -> None:
    assert outcomes(replace(scenes.a_refusal(), exit=code)) == ["error"]


def test_a_refusal_that_is_a_miss_of_the_budget_is_a_failure() -> None:
    assert outcomes(replace(scenes.a_refusal(), exit=Exit.OVER_BUDGET)) == ["failure"]


def test_the_counts_agree_with_the_cases_and_nothing_is_skipped() -> None:
    root = parsed(*scenes.ALL.values())
    cases = list(root.iter("testcase"))

    assert int(root.get("tests", "")) == len(cases)
    assert int(root.get("failures", "")) == len(list(root.iter("failure"))) > 0
    assert int(root.get("errors", "")) == len(list(root.iter("error"))) > 0
    assert root.get("skipped") == "0"


def test_a_name_with_markup_and_control_characters_is_well_formed() -> None:
    root = parsed(replace(scenes.a_refusal(), asked='<a & "b">\x00\x1b\ud800\ufffe'))

    assert root[0].get("name") == '<a & "b">' + "\N{REPLACEMENT CHARACTER}" * 4
