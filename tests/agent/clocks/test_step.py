"""One command as root: who may run it, and what is heard of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

import pytest

from agent.board.trees import script
from edgeprof.agent.clocks import step as steps
from edgeprof.agent.clocks.step import Hung, NotRoot, Refused, Step, is_running, last_line, run, step_of


@pytest.fixture
def eager_stdin() -> Iterator[None]:
    """Our own stdin says yes to everything."""
    readable, writable = os.pipe()
    os.write(writable, b"yes\n" * 10)
    os.close(writable)
    before = os.dup(0)
    os.dup2(readable, 0)
    yield
    os.dup2(before, 0)
    os.close(before)
    os.close(readable)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    script(folder, "sudo", '[ "$1" = -n ] || exit 99; shift; exec "$@"')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_a_step_runs_through_sudo_with_its_stdin_closed(commands: Path, eager_stdin: None) -> None:
    script(commands, "asks", 'read answer; echo "heard <$answer>"; exit 3')

    assert run(Step(("asks", "-m", "2"))) == (3, "heard <>\n")


def test_a_text_is_what_it_reads(commands: Path) -> None:
    script(commands, "asks", 'read answer; echo "heard <$answer>"')

    assert run(Step(("asks",), "performance")) == (0, "heard <performance>\n")


def test_a_hung_command_is_left_after_its_time(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_PATIENCE_S", 0.2)
    script(commands, "hangs", "exec sleep 60")

    with pytest.raises(Hung, match="hangs did not end") as caught:
        run(Step(("hangs",)))
    assert not is_running(caught.value.group)  # it is ours, so it could be ended


@pytest.mark.parametrize(
    "words",
    [
        "sudo: a password is required",
        "sudo: sorry, user nvidia may not run sudo on orin",
        "sudo-rs: interactive authentication is required",
    ],
)
def test_sudo_that_refuses_is_told_apart_from_the_command(commands: Path, words: str) -> None:
    script(commands, "sudo", f'echo "{words}" >&2; exit 1')
    script(commands, "thing", "exit 0")

    with pytest.raises(NotRoot, match="sudo refuses to run thing"):
        run(Step(("thing",)))


def test_a_warning_of_sudos_is_no_refusal(commands: Path) -> None:
    script(commands, "sudo", 'echo "sudo: unable to resolve host orin" >&2; shift; exec "$@"')
    script(commands, "thing", "exit 0")

    assert run(Step(("thing",)))[0] == 0


def test_without_sudo_only_root_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "thing", "exit 0")
    monkeypatch.setattr(steps, "command_path", lambda name: str(tmp_path / name) if name == "thing" else None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert run(Step(("thing",))) == (0, "")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(NotRoot, match="no sudo"):
        run(Step(("thing",)))


def test_a_missing_command_is_named(commands: Path) -> None:
    with pytest.raises(Refused, match="no no-such-tool"):
        run(Step(("no-such-tool",)))


def test_a_step_reads_as_one_types_it() -> None:
    assert str(Step(("nvpmodel", "-m", "2"))) == "sudo nvpmodel -m 2"
    assert str(Step(("tee", "/sys/a b"), "performance")) == "echo performance | sudo tee '/sys/a b'"


@pytest.mark.parametrize(
    "step",
    [
        Step(("nvpmodel", "-m", "2")),
        Step(("jetson_clocks", "--restore", "/tmp/a b/clocks")),
        Step(("tee", "/sys/a b", "/sys/c"), "performance"),
        Step(("tee", "/sys/a"), "a | b"),
    ],
)
def test_what_a_step_reads_as_is_that_step_again(step: Step) -> None:
    assert step_of(str(step)) == step


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sudo",
        "nvpmodel -m 2",
        "sudo rm -r /",
        "sudo nvpmodel -m 2; rm x",
        "echo a | sudo sh",
        "echo 'a",
        "echo a |",
    ],
)
def test_nothing_else_is_a_step(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a step|No closing quotation"):
        step_of(text)


def test_the_last_line_that_says_something_is_told() -> None:
    assert last_line("a\n\n b \n\n") == "b"
    assert last_line("\n") == "it said nothing"
