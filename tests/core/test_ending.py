"""How a process that did not end well is told of."""

from __future__ import annotations

import pytest

from edgeprof.core.ending import ending_of
from edgeprof.core.measurement import Ended


def test_one_that_was_killed_is_told_where_memory_is_looked_at() -> None:
    message, hint = ending_of("process 1", Ended.KILLED, "by signal 9")

    assert message == "process 1 was killed: by signal 9"
    assert hint is not None
    assert "dmesg" in hint
    assert "free -m" in hint


@pytest.mark.parametrize(
    ("message", "words"),
    [("by signal 11", "runtime's own code"), ("by signal 4", "another processor"), ("by signal 7", "df -h")],
)
def test_a_crash_is_told_by_its_signal(message: str, words: str) -> None:
    hint = ending_of("process 1", Ended.CRASHED, message)[1]

    assert hint is not None
    assert words in hint


def test_a_crash_without_a_signal_has_no_hint_of_its_own() -> None:
    assert ending_of("process 1", Ended.CRASHED, "with exit code 3") == ("process 1 crashed: with exit code 3", None)


def test_every_ending_that_is_not_whole_has_words() -> None:
    assert all(ending_of("it", ended, None)[0] for ended in Ended if not ended.is_whole)
