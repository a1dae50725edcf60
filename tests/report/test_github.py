import re
from dataclasses import replace

import pytest

from edgeprof.core.exits import Exit
from edgeprof.report import github

from . import scenes


def levels(answer) -> list[str]:
    return [line.split(" ")[0] for line in github.annotations(answer)]


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        (scenes.a_pass(), "::notice"),
        (scenes.a_far_fail(), "::error"),
        (scenes.an_undecided(), "::error"),
        (scenes.an_invalid(), "::error"),
        (scenes.a_refusal(), "::error"),
        (replace(scenes.a_near_fail(), exit=Exit.PASS), "::warning"),
    ],
)
def test_the_level_says_whether_the_job_stops(answer, first: str) -> None:
    assert levels(answer)[0] == first


def test_each_missed_limit_is_an_annotation_of_its_own() -> None:
    assert levels(scenes.with_memory()) == ["::error", "::error"]


def test_what_slowed_the_machine_is_a_warning_and_what_varies_a_notice() -> None:
    assert levels(scenes.an_invalid())[1:] == ["::warning", "::warning"]
    assert levels(scenes.an_undecided())[1:] == ["::notice"]


def test_what_does_not_fit_before_it_is_measured_is_a_fail() -> None:
    answer = replace(scenes.a_refusal(), exit=Exit.OVER_BUDGET)

    assert github.annotations(answer)[0].startswith("::error title=edgeprof%3A FAIL on ")


def test_a_message_and_a_title_are_escaped_as_the_runner_reads_them() -> None:
    answer = replace(scenes.a_refusal(), asked="a:b,c%\n", message="50% of\r\nx, y: z", hint=None)

    assert github.annotations(answer) == [
        "::error title=edgeprof%3A NO VERDICT on a%3Ab%2Cc%25%0A::50%25 of%0D%0Ax, y: z"
    ]


@pytest.mark.parametrize("answer", scenes.ALL.values())
def test_an_annotation_is_one_line_that_names_the_model_or_finding(answer) -> None:
    for line in github.annotations(answer):
        assert re.fullmatch(r"::(error|warning|notice) title=edgeprof%3A [^:,]+::.+", line)
