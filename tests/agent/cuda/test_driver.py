"""What pycuda does not hand on: the card's UUID, and the code behind an error's words."""

from __future__ import annotations

from ctypes import CDLL
from pathlib import Path
from typing import Any

import pytest

from agent.cuda.made_of_c import library_of_c
from agent.nvml.recorded import compiler
from edgeprof.agent.cuda.driver import code_of, loaded, uuid_of, uuid_words

needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler here")
ERRORS = """(int code, const char **words) {
  if (code == 700) *words = "an illegal memory access was encountered";
  else if (code == 1) *words = "invalid argument";
  else { *words = 0; return 1; }
  return 0;
}"""


@pytest.fixture
def libcuda(tmp_path: Path) -> Any:
    functions = {
        "int cuDeviceGet": "(int *card, int index) { *card = 40 + index; return index > 1; }",
        "int cuDeviceGetUuid": "(char *uuid, int card) { memset(uuid, card, 16); return 0; }",
        "int cuGetErrorString": ERRORS,
    }
    return CDLL(str(library_of_c(tmp_path / "libcuda-of-c.so", functions)))


@needs_compiler
def test_the_uuid_is_of_the_card_of_that_number(libcuda: Any) -> None:
    assert uuid_of(libcuda, 0) == "GPU-28282828-2828-2828-2828-282828282828"
    assert uuid_of(libcuda, 1) == "GPU-29292929-2929-2929-2929-292929292929"
    assert uuid_of(libcuda, 2) is None


@needs_compiler
def test_the_code_is_that_whose_words_were_told(libcuda: Any) -> None:
    assert code_of(libcuda, "cuEventSynchronize failed: an illegal memory access was encountered") == 700
    assert code_of(libcuda, "cuMemcpyHtoDAsync failed: invalid argument") == 1
    assert code_of(libcuda, "something else") == 0


def test_a_uuid_of_zeros_is_none() -> None:
    assert uuid_words(bytes(16)) is None


def test_a_library_that_is_not_there_is_none() -> None:
    assert loaded("libcuda.so.missing") is None
