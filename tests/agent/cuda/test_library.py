"""libcudart as it is installed here, really loaded: what is called of it is there, and what it says without a card."""

from __future__ import annotations

import os
from ctypes import CDLL, c_char_p, c_int
from pathlib import Path
from typing import Callable, List

import pytest

from edgeprof.agent import cuda
from edgeprof.agent.cuda import CaptureRefused
from edgeprof.agent.cuda.cudart import CudaRuntime
from edgeprof.agent.cuda.library import NAMES, SIGNATURES, declared, places, usable, version_of
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.exits import Exit

HAS_CARD = os.path.exists("/dev/nvidiactl")


def installed() -> List[str]:
    """Every libcudart that is found by edgeprof, and CUDA 11's of the interpreter that has TensorRT 8.5."""
    found = [place for name in NAMES for place in places(name)[1:]]
    old = os.environ.get("EDGEPROF_TRT85_PYTHON")
    if old:
        found += map(str, Path(old).parent.parent.glob("lib/python*/site-packages/nvidia/*/lib/libcudart.so.11.0"))
    return sorted({os.path.realpath(path): path for path in found}.values())


INSTALLED = installed()


@pytest.mark.skipif(not INSTALLED, reason="no libcudart here: pip install nvidia-cuda-runtime")
def test_one_is_found_among_what_is_installed() -> None:
    assert any(name in path for name in NAMES for path in INSTALLED)


@pytest.mark.parametrize("path", INSTALLED)
def test_everything_that_is_called_is_there_and_declared(path: str) -> None:
    library = declared(CDLL(path))

    for name, arguments in SIGNATURES.items():
        function = getattr(library, name)
        assert function.argtypes == list(arguments), name
        assert function.restype is (c_char_p if name == "cudaGetErrorString" else c_int), name


@pytest.mark.parametrize("path", INSTALLED)
def test_a_version_is_read_as_people_write_it(path: str) -> None:
    version = version_of(declared(CDLL(path)), "cudaRuntimeGetVersion")

    soname = path.rpartition(".so.")[2]
    assert version.split(".")[0] == soname.split(".")[0] or (version == "0.0" and not HAS_CARD)  # 11's asks the driver


def test_a_library_that_lacks_a_call_is_refused() -> None:
    with pytest.raises(AttributeError, match="cudaGetDeviceCount"):
        declared(CDLL("libm.so.6"))


@pytest.mark.skipif(HAS_CARD or not INSTALLED, reason="here is a card, or no libcudart")
def test_without_a_driver_the_driver_is_missed() -> None:
    with pytest.raises(RuntimeUnavailable, match="there is no NVIDIA driver here") as raised:
        usable()

    assert raised.value.exit is Exit.ENVIRONMENT
    assert "--gpus all" in str(raised.value.hint)
    absence = cuda.absence()
    assert absence is not None
    assert absence.message == raised.value.message


@pytest.mark.skipif(HAS_CARD or not INSTALLED, reason="here is a card, or no libcudart")
def test_no_card_is_opened_without_a_driver() -> None:
    with pytest.raises(RuntimeUnavailable, match="driver"):
        cuda.open_cuda()


@pytest.mark.skipif(HAS_CARD, reason="here is a card")
@pytest.mark.parametrize("path", INSTALLED)
def test_every_call_is_made_with_what_the_library_takes(path: str) -> None:
    """Each reaches it and comes back with its refusal: a wrong type would be ctypes' own error."""
    np = pytest.importorskip("numpy")
    card, row = CudaRuntime(declared(CDLL(path)), spins=False), np.zeros(4, dtype="float32")
    calls: List[Callable[[], object]] = [
        lambda: card.open(0),
        card.memory,
        lambda: card.allocate(16),
        lambda: card.pinned((2, 2), "float32"),
        lambda: card.pinned((2, 2), "float32", mapped=True),
        card.copier_in(0, row),
        card.copier_out(row, 0),
        card.event,
        lambda: card.record(0),
        lambda: card.wait(0),
        lambda: card.seconds_between(0, 0),
    ]
    for call in calls:
        with pytest.raises(RuntimeUnavailable, match="there is no NVIDIA driver here"):
            call()
    with pytest.raises(CaptureRefused, match="driver"):
        card.capture(lambda: None)
    card.close()


def test_wheels_and_toolkits_are_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    wheel = tmp_path / "nvidia" / "cuda_runtime" / "lib"
    wheel.mkdir(parents=True)
    (wheel / NAMES[0]).write_bytes(b"")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    assert places(NAMES[0])[:2] == [NAMES[0], str(wheel / NAMES[0])]
