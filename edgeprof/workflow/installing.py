"""The command that brings packages to the interpreter that a device's agent runs under."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from edgeprof.core.board import Board
from edgeprof.core.machine import Machine

# The last onnxruntime with an aarch64 wheel for that Python and its Ubuntu's glibc; onnxruntime-gpu has none.
_AARCH64_ORT = {"3.8": "1.19.2", "3.10": "1.23.2", "3.12": "1.31.1"}
_OF_RTX = ("7.5", "8.0", "8.6", "8.9", "12.0", "12.1")
_VENV = "~/edgeprof-python"


def interpreter_of(machine: Machine) -> str:
    """As one types it there; here it is the one that runs this, unless another was named."""
    if not (machine.host or machine.python):
        return quote(sys.executable)
    path = machine.interpreter
    return path if re.fullmatch(r"~?[\w@%+=:,./-]+", path, re.ASCII) else quote(path)  # ~ is for the shell there


def tensorrt_command(board: Board) -> str:
    """On a Jetson it comes with JetPack, and its bindings from apt: PyPI's wheels are not built for that GPU."""
    if board.kind != "jetson":
        return "install NVIDIA's TensorRT, or start from an image that has it: docker/README.md"
    if board.container and board.tensorrt is None:
        return "start from an image that has it: docker/README.md"
    if board.tensorrt is None:
        return "sudo apt update && sudo apt install nvidia-jetpack"
    return "sudo apt install python3-libnvinfer"


def has_tensorrt_wheels(board: Board, host: Mapping[str, Any]) -> bool:
    """Whether PyPI has a TensorRT for it: TensorRT-RTX is for x86-64 and cards of these compute capabilities."""
    if board.kind == "jetson" or host.get("machine") != "x86_64":
        return False
    told = [card.compute_capability for card in board.cards if card.compute_capability]
    return not told or any(capability in _OF_RTX for capability in told)


def packages_of(install: str, host: Mapping[str, Any]) -> list[str]:
    """What a runtime's `pip install ...` names, as this host has a wheel of it, with the numpy that all need."""
    wanted = [_pinned(name, host) for name in install.removeprefix("pip install ").split()]
    return wanted if host.get("numpy") is not None else ["numpy", *wanted]


def pip_command(packages: Sequence[str], host: Mapping[str, Any], machine: Machine) -> str:
    """A system's Python that pip may not change gets an environment of its own."""
    names, python = " ".join(packages), interpreter_of(machine)
    if not host.get("python_is_managed"):
        return f"{python} -m pip install {names}"
    there = "" if machine.host is None else f"on {machine.name}: "
    told = f"then name it: --python '{_VENV}/bin/python', or python: where the device is described"
    return f"{there}{python} -m venv --system-site-packages {_VENV} && {_VENV}/bin/pip install {names}, {told}"


def _pinned(name: str, host: Mapping[str, Any]) -> str:
    minor = ".".join(str(host.get("python", "")).split(".")[:2])
    version = _AARCH64_ORT.get(minor) if name == "onnxruntime" and host.get("machine") == "aarch64" else None
    return f"{name}=={version}" if version else name
