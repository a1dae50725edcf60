"""What a device lacks to measure with everything that it could, and the command that installs it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edgeprof.core.board import Board
from edgeprof.core.probe import Missing
from edgeprof.workflow.device import FoundRuntime

# The last onnxruntime with an aarch64 wheel for that Python and its Ubuntu's glibc; onnxruntime-gpu has none.
_AARCH64_ORT = {"3.8": "1.19.2", "3.10": "1.23.2", "3.12": "1.31.1"}
_VENV = "~/edgeprof-python"


def missing_on(
    board: Board, host: Mapping[str, Any], runtimes: Sequence[FoundRuntime], python: str
) -> tuple[Missing, ...]:
    """`python` is the interpreter that the agent runs under there."""
    return tuple(_missing(board, host, {runtime.name: runtime.version for runtime in runtimes}, python))


def _missing(board: Board, host: Mapping[str, Any], found: Mapping[str, str | None], python: str) -> Iterator[Missing]:
    packages = []
    if host.get("numpy") is None:
        packages.append("numpy")
    if found.get("onnxruntime") is None:
        packages.append(_onnxruntime(host))
    if packages:
        why = "what fills the inputs" if packages == ["numpy"] else "what runs ONNX files on the cpu"
        yield Missing(" and ".join(p.partition("=")[0] for p in packages), why, _pip(packages, host, python))
    if board.kind == "jetson":
        yield from _of_jetson(board, host)


def _of_jetson(board: Board, host: Mapping[str, Any]) -> Iterator[Missing]:
    if board.container and board.tensorrt is None:
        yield Missing("TensorRT", "what runs on the GPU", "start from an image that has it: docker/README.md")
    elif board.tensorrt is None:
        yield Missing("TensorRT", "what runs on the GPU", "sudo apt update && sudo apt install nvidia-jetpack")
    elif host.get("tensorrt") is None:
        # apt's, for the system's own Python: the wheels on PyPI are not built for this GPU.
        why = "TensorRT for Python; a virtual environment sees it with --system-site-packages only"
        yield Missing("python3-libnvinfer", why, "sudo apt install python3-libnvinfer")


def _onnxruntime(host: Mapping[str, Any]) -> str:
    minor = ".".join(str(host.get("python", "")).split(".")[:2])
    pinned = _AARCH64_ORT.get(minor) if host.get("machine") == "aarch64" else None
    return f"onnxruntime=={pinned}" if pinned else "onnxruntime"


def _pip(packages: Sequence[str], host: Mapping[str, Any], python: str) -> str:
    names = " ".join(packages)
    if not host.get("python_is_managed"):
        return f"{python} -m pip install {names}"
    return (
        f"{python} -m venv --system-site-packages {_VENV} && {_VENV}/bin/pip install {names}, "
        f"then tell edgeprof of it: edgeprof device add ... --python '{_VENV}/bin/python' --replace"
    )
