"""Files and commands that are missing, huge or slow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.board.trees import script, write
from edgeprof.agent.board import reading


@pytest.mark.parametrize(("text", "number"), [("240\n", 240), ("0xf0", 240), ("", None), ("off", None)])
def test_a_number_is_one_or_none(tmp_path: Path, text: str, number: int) -> None:
    write(tmp_path, {"file": text})

    assert reading.number_of(tmp_path / "file") == number


def test_a_command_hears_nothing_on_its_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "asks", 'read answer; echo "heard <$answer>" >&2; exit 3')
    monkeypatch.setenv("PATH", str(tmp_path))

    assert reading.answer_of(["asks"]) == "heard <>\n"


def test_a_command_that_is_missing_or_hangs_has_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "hangs", "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert reading.answer_of(["hangs"], patience_s=0.2) is None
    assert reading.answer_of(["no-such-command-anywhere"]) is None


def test_the_working_directory_is_never_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "planted-command", "echo owned")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ":.")

    assert reading.command_path("planted-command") is None
