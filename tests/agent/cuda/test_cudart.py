"""What is taken from the card is given back, however a capture ends: on a library of C that keeps account."""

from __future__ import annotations

from ctypes import CDLL, c_int
from pathlib import Path
from typing import Any

import pytest

from agent.cuda.made_of_c import cudart_of_c
from agent.nvml.recorded import compiler
from edgeprof.agent.cuda import CaptureRefused
from edgeprof.agent.cuda.cudart import CudaRuntime
from edgeprof.agent.cuda.library import declared

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler here")


def loaded(path: Path) -> Any:
    return declared(CDLL(str(path)))


def graphs_left(library: Any) -> int:
    return c_int.in_dll(library, "graphs").value


@pytest.fixture
def refusing(tmp_path: Path) -> Any:
    """It captures a graph, and makes nothing of it."""
    bodies = {
        "cudaStreamEndCapture": "(void *stream, void **graph) { graphs++; *graph = (void *)8; return 0; }",
        "cudaGraphInstantiateWithFlags": "(void **made, void *graph, long flags) { return 801; }",
        "cudaGraphDestroy": "(void *graph) { graphs--; return 0; }",
    }
    counted = {"graphs": " = 0;", **bodies}
    return loaded(cudart_of_c(tmp_path / "libcudart-of-c.so", **counted))


def test_a_graph_that_cannot_be_made_executable_is_given_back(refusing: Any) -> None:
    card = CudaRuntime(refusing, spins=False)
    with pytest.raises(CaptureRefused, match="its words"):
        card.capture(lambda: None)
    assert graphs_left(refusing) == 1
    card.close()

    assert graphs_left(refusing) == 0


def test_a_capture_is_ended_whatever_is_raised_in_it(refusing: Any) -> None:
    """A stream that is left capturing refuses everything else."""
    card = CudaRuntime(refusing, spins=False)

    def work() -> None:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        card.capture(work)
    assert graphs_left(refusing) == 1
    card.close()

    assert graphs_left(refusing) == 0
