from dataclasses import replace

import pytest

from edgeprof.report import markdown

from . import scenes
from .goldens import assert_golden


def test_the_text_reads_as_its_golden() -> None:
    answers = [scenes.a_pass(), scenes.a_near_fail(), scenes.an_invalid(), scenes.a_refusal()]

    assert_golden("report.md", markdown.render(answers))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("two\nlines", "two lines"),
        ("mobilenetv3_large_100 <= 33", "mobilenetv3_large_100 <= 33"),
        ("<script>", r"\<script>"),
        ("*x* `y` [z](u) _w_", r"\*x\* \`y\` \[z\](u) \_w\_"),
    ],
)
def test_text_from_elsewhere_stays_text(text: str, shown: str) -> None:
    assert markdown.escaped(text) == shown


def test_every_row_of_a_table_has_as_many_cells_as_its_header() -> None:
    measurement = scenes.a_check(asked="a|b\n|c", notes=("x | y",))
    rows = [line for line in markdown.render([scenes.judged(measurement)]).splitlines() if line.startswith("|")]

    assert {row.replace(r"\|", "").count("|") for row in rows} == {3, 7, 10}


def test_a_refusal_says_the_error_and_what_to_try() -> None:
    text = markdown.render([replace(scenes.a_refusal(), hint=None)])

    assert text == '### NO VERDICT: mobilenetv3_lagre\n\n**Error** unknown model "mobilenetv3_lagre" (exit 2)\n'
