"""Why nothing can run on a card here: asked of what would open it, and no longer than somebody waits."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import invalidate_caches
from pathlib import Path

import pytest

from agent.cuda.made_of_c import cudart_of_c
from agent.nvml.recorded import compiler
from edgeprof.agent import cuda

ROOT = Path(__file__).parents[3]
SCRIPT = """
import os
from edgeprof.agent import cuda
seen = cuda.absence(0.5)
print(seen and (seen.message, seen.hint), flush=True)
os._exit(0)
"""
PYCUDA = """
class Error(Exception): pass
def init(): {init}
def get_driver_version(): return 13000
class Device:
    @staticmethod
    def count(): return {count}
"""


def told_with(body: str, folder: Path) -> str:
    """By a process of its own that finds this libcudart first: two of one name are never loaded by one."""
    cudart_of_c(folder / "libcudart.so.13", cudaGetDeviceCount=body)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.check_output([sys.executable, "-c", SCRIPT], env=environment, timeout=30).decode().strip()


@pytest.mark.skipif(compiler() is None, reason="no C compiler here")
def test_a_card_that_is_lost_is_said_and_waited_for_no_longer(tmp_path: Path) -> None:
    told = told_with("(int *count) { for (;;) pause(); }", tmp_path)

    assert told == "('the driver did not answer within 0.5 s', 'see dmesg for an Xid; reboot')"


@pytest.mark.skipif(compiler() is None, reason="no C compiler here")
def test_a_card_that_answers_is_no_absence(tmp_path: Path) -> None:
    assert told_with("(int *count) { *count = 1; return 0; }", tmp_path) == "None"


@pytest.mark.parametrize(
    ("init", "count", "words"),
    [
        (
            "raise Error('cuInit failed: no CUDA-capable device is detected')",
            0,
            "shows no card: cuInit failed: no CUDA",
        ),
        ("pass", 0, "shows no card: it counts none"),
        ("pass", 1, None),
    ],
)
def test_where_pycuda_is_what_would_open_it_pycuda_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, init: str, count: int, words: str
) -> None:
    """A card is found by it where there is no libcudart, as here."""
    (tmp_path / "pycuda").mkdir()
    (tmp_path / "pycuda" / "__init__.py").write_text("VERSION_TEXT = '2025.1'\n")
    (tmp_path / "pycuda" / "driver.py").write_text(PYCUDA.format(init=init, count=count))
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("pycuda", "pycuda.driver"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    invalidate_caches()
    seen = cuda.absence()

    assert (seen and words in seen.message) if words else seen is None
    for name in ("pycuda", "pycuda.driver"):
        sys.modules.pop(name, None)
