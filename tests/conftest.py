"""What tests may rely on: the package importable, markers that skip with a reason, the same random examples."""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Callable, Dict, Optional

import pytest
from hypothesis import settings

# core and agent are tested by interpreters that nothing is installed in.
sys.path.insert(0, str(Path(__file__).parent.parent))

# Started by nohup or in the background they are ignored, and so they would be by every command that a test signals.
for _number, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def _no_gpu() -> Optional[str]:
    return None if os.path.exists("/dev/nvidiactl") else "no NVIDIA GPU here"


def _no_export() -> Optional[str]:
    missing = [name for name in ("torch", "timm") if find_spec(name) is None]
    return f"{' and '.join(missing)} missing: install edgeprof[export]" if missing else None


def _no_board() -> Optional[str]:
    """The emulated ARM board of tests/board."""
    folder = Path(os.environ.get("EDGEPROF_BOARD", Path(__file__).parent.parent / ".board"))
    if not (folder / "made").exists():
        return "no emulated board: make board"
    return None if os.geteuid() == 0 else "only root enters the emulated board"


def _no_chroot() -> Optional[str]:
    """A bare root file system that a test makes for itself."""
    if which("debootstrap") is None:
        return "no debootstrap here"
    return None if os.geteuid() == 0 else "only root makes a root file system"


def _no_trt() -> Optional[str]:
    names = ("tensorrt", "tensorrt_rtx", "tensorrt_rtx_bindings")
    is_there = find_spec("onnx") and any(find_spec(name) for name in names)
    return None if is_there else "no TensorRT here: pip install edgeprof[tensorrt-rtx]"


def _no_ssh() -> Optional[str]:
    is_there = which("ssh") and os.path.exists("/usr/sbin/sshd")
    return None if is_there else "no sshd here: apt install openssh-server"


ABSENCE: Dict[str, Callable[[], Optional[str]]] = {
    "gpu": _no_gpu,
    "export": _no_export,
    "ssh": _no_ssh,
    "trt": _no_trt,
    "board": _no_board,
    "chroot": _no_chroot,
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot do, unless EDGEPROF_REQUIRE=gpu,export says that it must."""
    required = os.environ.get("EDGEPROF_REQUIRE", "").split(",")
    for marker, absence in ABSENCE.items():
        reason = absence() if item.get_closest_marker(marker) else None
        if reason and marker in required:
            pytest.fail(f"EDGEPROF_REQUIRE names {marker}, but: {reason}", pytrace=False)
        if reason:
            pytest.skip(reason)


@pytest.fixture
def shell(tmp_path):
    """The command in a folder of its own; whatever a test did, nothing that it started may outlive it."""
    from cli.shell import Shell

    made = Shell(tmp_path)
    try:
        yield made
        made.expect_clean(within_s=10.0)
    finally:
        made.kill_all()


@pytest.fixture(scope="session")
def small_onnx(tmp_path_factory):
    """A real model's file, small enough to be measured in a test."""
    from cli.graph import write_small_onnx

    return write_small_onnx(tmp_path_factory.mktemp("onnx"))
