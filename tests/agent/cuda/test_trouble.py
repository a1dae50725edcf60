"""Each of CUDA's errors as what it means to the user."""

from __future__ import annotations

from typing import Type

import pytest

from edgeprof.agent.cuda.trouble import does_not_fit, no_card, told
from edgeprof.core.errors import AgentError, RuntimeUnavailable


@pytest.mark.parametrize(
    ("code", "driver", "doing", "kind", "words"),
    [
        (35, 0, "looking for a card", RuntimeUnavailable, "there is no NVIDIA driver here"),
        (35, 12020, "looking for a card", RuntimeUnavailable, "too old: it runs CUDA 12.2, and libcudart.so.13 needs"),
        (100, 13000, "looking for a card", RuntimeUnavailable, "shows no card: the words"),
        (0, 13000, "looking for a card", RuntimeUnavailable, "shows no card"),
        (999, 13000, "looking for a card", RuntimeUnavailable, "shows no card"),
        (719, 13000, "inferring", AgentError, r"the card was lost while inferring: the words \(CUDA error 719\)"),
        (1, 13000, "copying", AgentError, "CUDA error 1 while copying: the words"),
    ],
)
def test_an_error_says_what_is_missing_or_was_lost(
    code: int, driver: int, doing: str, kind: Type[Exception], words: str
) -> None:
    error = told(code, "the words", driver, "libcudart.so.13", doing)

    assert isinstance(error, kind)
    with pytest.raises(kind, match=words):
        raise error


def test_what_does_not_fit_is_said_with_what_was_asked_for_and_what_is_free() -> None:
    assert str(does_not_fit(4096, 1024, "the card's memory")) == (
        "does not fit: 4096 bytes of the card's memory were asked for, 1024 are free"
    )


def test_a_card_that_is_not_there_is_named_with_those_that_are() -> None:
    assert "no card 3 here, they are 0 to 1" in no_card(3, 2).message
