"""Each of CUDA's errors as what it means to the user."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Type

import pytest

from edgeprof.agent.cuda.trouble import does_not_fit, no_card, told
from edgeprof.core.errors import AgentError, RuntimeUnavailable

# As much of pycuda as it takes to open a card and fail.
PYCUDA = """
class Error(Exception): pass
class ctx_flags: SCHED_SPIN = SCHED_BLOCKING_SYNC = MAP_HOST = 0
class device_attribute: INTEGRATED = 18
class Context:
    def push(self): pass
class Stream:
    handle = 5
    def __init__(self, flags): pass
class Device:
    def __init__(self, index): pass
    @staticmethod
    def count(): return 1
    def retain_primary_context(self): return Context()
    def compute_capability(self): return 8, 7
    def name(self): return "Orin"
    def total_memory(self): return 1 << 33
    def get_attribute(self, which): return 1
def init(): pass
def get_driver_version(): return 12060
def memcpy_htod_async(to, array, stream): raise Error("cuMemcpyHtoDAsync failed: words of no code")
def memcpy_dtoh_async(to, array, stream): pass
"""


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


@pytest.mark.parametrize("code", [0, 1, 719])
def test_each_says_what_to_do_next(code: int) -> None:
    error = told(code, "the words", 13000, "pycuda", "copying")

    assert isinstance(error, AgentError)
    assert error.hint
    assert ("CUDA error 0" in error.message) is False


def test_what_pycuda_raises_is_told_by_its_code_and_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error whose words are not known is no lost card."""
    (tmp_path / "pycuda").mkdir()
    (tmp_path / "pycuda" / "__init__.py").write_text("VERSION_TEXT = '2025.1'\n")
    (tmp_path / "pycuda" / "driver.py").write_text(PYCUDA)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("pycuda", "pycuda.driver"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    from edgeprof.agent.cuda.pycuda_driver import PyCuda

    card = PyCuda(0, spins=False)
    try:
        with pytest.raises(AgentError) as raised:
            card.copier_in(0, None)()
        with pytest.raises(RuntimeUnavailable, match="no card 1 here"):
            PyCuda(1, spins=False)
    finally:
        for name in ("pycuda", "pycuda.driver"):
            sys.modules.pop(name, None)

    assert raised.value.message == "CUDA error while copying: cuMemcpyHtoDAsync failed: words of no code"
    assert card.how == "pycuda 2025.1"
