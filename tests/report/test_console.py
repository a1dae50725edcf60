from dataclasses import replace
from io import StringIO

import pytest
from builders import a_process, latencies

from edgeprof.core.answer import Judged
from edgeprof.core.exits import Exit
from edgeprof.core.measurement import Plan
from edgeprof.core.verdict import judge
from edgeprof.report import console
from edgeprof.report.lines import plain, styled

from . import scenes
from .goldens import assert_golden


@pytest.mark.parametrize("name", scenes.ALL)
def test_a_report_reads_as_its_golden(name: str) -> None:
    assert_golden(f"console-{name}.txt", plain(console.render(scenes.ALL[name])))


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("name", scenes.ALL)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    text = plain(console.render(scenes.ALL[name], width=width))

    assert max(len(line) for line in text.splitlines() if not line.startswith("  saved")) <= width


@pytest.mark.parametrize("name", scenes.ALL)
def test_the_verdict_and_its_exit_code_come_last(name: str) -> None:
    answer = scenes.ALL[name]
    text = plain(console.render(answer))

    ending = text[text.index("━━━") :]
    assert f"exit {int(answer.exit)}" in ending
    assert (answer.verdict.word.value if isinstance(answer, Judged) else "NO VERDICT") in ending


def test_quiet_is_one_line_with_word_model_and_exit_code() -> None:
    text = plain(console.render(scenes.a_far_fail(), quiet=True))

    assert text.count("\n") == 1
    assert text.startswith("FAIL  mobilenetv3_large")
    assert text.endswith("(exit 1)\n")


def test_a_terminal_is_shown_the_words_that_a_pipe_gets() -> None:
    from rich.console import Console

    lines = console.render(scenes.a_pass())
    terminal = StringIO()
    pipe = StringIO()
    Console(file=terminal, force_terminal=True, width=80, color_system="standard").print(styled(lines))
    Console(file=pipe, width=80).print(styled(lines))

    assert "\x1b[" in terminal.getvalue()
    assert [line.rstrip() for line in pipe.getvalue().splitlines()] == plain(lines).splitlines()


def test_a_name_that_looks_like_markup_or_escape_codes_is_shown_as_it_is() -> None:
    answer = replace(scenes.a_refusal(), asked="[red]x[/red]\x1b[31m\nsecond")
    text = plain(console.render(answer))

    assert "[red]x[/red]\N{REPLACEMENT CHARACTER}[31m second" in text
    assert "\x1b" not in styled(console.render(answer)).plain


def test_an_ascii_stream_gets_the_same_words_without_blocks() -> None:
    text = plain(console.render(scenes.a_pass()), "ascii")

    assert text.isascii()
    assert "p99 limit 33.3 ms" in text
    assert "####" in text


def test_a_saved_path_is_never_wrapped() -> None:
    path = "/somewhere/with  two blanks/" + "deep/" * 30 + "measurement.json"

    assert path in plain(console.render(replace(scenes.a_pass(), saved_at=path)))


def test_an_accepted_failure_keeps_its_word_and_says_both_codes() -> None:
    text = plain(console.render(replace(scenes.a_near_fail(), exit=Exit.PASS)))

    assert text.splitlines()[-1].startswith(" FAIL ")
    assert text.splitlines()[-1].endswith("exit 0, 1 accepted")


def test_a_finding_that_was_allowed_is_said_to_be() -> None:
    invalid = scenes.an_invalid()
    verdict = judge(invalid.measurement, invalid.budget, ["foreign-load", "canary"])
    text = plain(console.render(replace(invalid, verdict=verdict, exit=verdict.exit)))

    assert "allowed     process 1: other programs used 42%" in text
    assert " FAIL " in text.splitlines()[-1]


def test_a_process_that_never_became_steady_is_marked_and_warned_of() -> None:
    process = a_process(steady=False)
    text = plain(console.render(scenes.judged(scenes.a_check(process, process, process))))

    assert "1.00!" in text
    assert "process 1 never became steady" in text


def test_vacuous_parity_is_a_warning() -> None:
    measurement = scenes.a_check(parity=scenes.a_parity(sensitivity=1e-6))

    assert "warning     parity is vacuous" in plain(console.render(scenes.judged(measurement)))


def test_processes_too_unlike_for_the_margin_are_a_warning() -> None:
    spread = [a_process(latencies(800, middle_s)) for middle_s in (0.02, 0.026, 0.031)]
    text = plain(console.render(scenes.judged(scenes.a_check(*spread))))

    assert "a fresh process may miss" in text


def test_no_process_at_all_still_renders() -> None:
    measurement = replace(scenes.a_check(plan=Plan()), processes=())
    text = plain(console.render(scenes.judged(measurement)))

    assert "0 fresh processes of 3 planned" in text
    assert "latency of" not in text
