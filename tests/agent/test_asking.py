"""A driver is waited for no longer than somebody waits."""

from __future__ import annotations

import threading
from typing import Iterator

import pytest

from edgeprof.agent.asking import Unanswered, within


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("answer", [7, None])
def test_what_is_answered_is_the_answer_and_nothing_is_one_too(answer: object) -> None:
    assert within(5.0, lambda: answer) == answer


def test_one_that_keeps_silent_is_given_up(never: threading.Event) -> None:
    with pytest.raises(Unanswered, match=r"the driver did not answer within 0\.1 s"):
        within(0.1, never.wait)


def test_a_mistake_is_raised_and_not_taken_for_silence() -> None:
    def ask() -> None:
        raise ZeroDivisionError("a mistake")

    with pytest.raises(ZeroDivisionError, match="a mistake"):
        within(5.0, ask)
