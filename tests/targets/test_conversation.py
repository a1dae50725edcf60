"""Agents that are not ours in the place of ours: whatever they say ends in an error that tells what it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeprof.core.errors import AgentError, EdgeprofError
from edgeprof.core.files import digest_of_file
from edgeprof.core.protocol import Order, Task
from edgeprof.targets.bundle import Bundle
from edgeprof.targets.conversation import conversation
from edgeprof.targets.local import LocalTarget

GREETS = 'import os, sys, time\nprint(\'{"protocol": 1, "agent": ""}\', flush=True)\n'


def heard(folder: Path, script: str, **options: float) -> list[str]:
    path = folder / "agent.py"
    path.write_text(script)
    agent = Bundle(path, digest_of_file(path), "")
    with conversation(LocalTarget(), agent, Order(Task.DESCRIBE), **options) as events:
        return [event["event"] for event in events]


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("while True:\n    print('x' * 60, flush=True)", "garbled"),
        ("print('x' * 5_000_000, end='', flush=True)\nimport time\ntime.sleep(60)", "garbled"),
        ("import os\nwhile True:\n    os.write(1, os.urandom(4096))", "garbled"),
        ("print('[' * 100_000)", "crashed"),
        (GREETS + "while True:\n    print('x' * 60, flush=True)", "garbled"),
        (GREETS + "print('x' * 5_000_000, end='', flush=True)\ntime.sleep(60)", "garbled"),
        (GREETS + 'print(\'{"event": "done", "x": \' + "[" * 100_000, flush=True)', "garbled"),
        (GREETS + "while True:\n    os.write(1, os.urandom(4096))", "garbled"),
        (GREETS + 'print(\'{"event": "error", "cause": "crashed", "message": "x", "hint": 7}\')', "crashed"),
        (GREETS + 'sys.stdout.write(\'{"event": "do\')', "garbled"),
    ],
)
def test_endless_gigantic_binary_and_deep_are_errors_and_soon(tmp_path: Path, script: str, cause: str) -> None:
    with pytest.raises(AgentError) as caught:
        heard(tmp_path, script)

    assert caught.value.cause == cause


def test_an_agent_that_floods_its_stderr_is_heard_out(tmp_path: Path) -> None:
    script = GREETS + "sys.stderr.write('x' * 10_000_000)\nprint('{\"event\": \"done\"}')"

    assert heard(tmp_path, script) == ["done"]


def test_what_an_agent_says_of_an_error_cannot_steer_a_terminal(tmp_path: Path) -> None:
    script = GREETS + r"""print(r'{"event": "error", "cause": "lock", "message": "\u001b[2Ja", "hint": "\u0007b"}')"""
    with pytest.raises(EdgeprofError) as caught:
        heard(tmp_path, script)

    assert (caught.value.message, caught.value.hint) == (" [2Ja", " b")


def test_an_agent_that_falls_silent_is_hung(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"nothing was heard from the agent for 0\.5 s") as caught:
        heard(tmp_path, GREETS + "sys.stdin.read()", silence_s=0.5)

    assert caught.value.cause == "hung"


def test_an_agent_hears_that_we_live(tmp_path: Path) -> None:
    """Two lines are the order; the third is a beat."""
    script = (
        GREETS
        + "lines = [sys.stdin.readline() for _ in range(3)]\nprint('{\"event\": \"done\"}' * (lines[2] == '\\n'))"
    )

    assert heard(tmp_path, script) == ["done"]
