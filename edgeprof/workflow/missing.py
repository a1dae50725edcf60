"""What a device lacks to measure with everything that it could, and the command that installs it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edgeprof.core.board import Board
from edgeprof.core.machine import Machine
from edgeprof.core.probe import Missing
from edgeprof.workflow.device import FoundRuntime
from edgeprof.workflow.installing import packages_of, pip_command, tensorrt_command


def missing_on(
    board: Board, host: Mapping[str, Any], runtimes: Sequence[FoundRuntime], machine: Machine
) -> tuple[Missing, ...]:
    """`machine` names the interpreter that the agent runs under there."""
    return tuple(_missing(board, host, {runtime.name: runtime.version for runtime in runtimes}, machine))


def _missing(
    board: Board, host: Mapping[str, Any], found: Mapping[str, str | None], machine: Machine
) -> Iterator[Missing]:
    packages = packages_of("" if found.get("onnxruntime") else "onnxruntime", host)
    if packages:
        why = "what fills the inputs" if packages == ["numpy"] else "what runs ONNX files on the cpu"
        yield Missing(" and ".join(p.partition("=")[0] for p in packages), why, pip_command(packages, host, machine))
    if board.kind == "jetson":
        yield from _of_jetson(board, host)


def _of_jetson(board: Board, host: Mapping[str, Any]) -> Iterator[Missing]:
    if board.tensorrt is None:
        yield Missing("TensorRT", "what runs on the GPU", tensorrt_command(board))
    elif host.get("tensorrt") is None:
        why = "TensorRT for Python; a virtual environment sees it with --system-site-packages only"
        yield Missing("python3-libnvinfer", why, tensorrt_command(board))
