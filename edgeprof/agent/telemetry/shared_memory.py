"""The peak of what a process holds of a memory that host and GPU share, looked for as long as it runs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Dict, Optional

from edgeprof.agent.board import device_tree
from edgeprof.agent.board.kind import is_jetson
from edgeprof.agent.board.reading import text_of
from edgeprof.agent.telemetry.memory import file_bytes, nvmap_bytes, unavailable_bytes
from edgeprof.agent.telemetry.source import Readings, Source
from edgeprof.core.telemetry import MEMORY_GROWTH

_NVMAP = "sys/kernel/debug/nvmap/iovmm/clients"  # root's
_NO_CUDA_IN_NVMAP = "tegra264"
_COMPUTE_ON_GPU = ("tensorrt", "tensorrt_rtx")

_PACE_S = 0.1  # a builder's or an allocator's peak is over soon
_ENDS_WITHIN_S = 1.0

_WAYS = {
    "memory_gpu_bytes": f"/{_NVMAP}",
    "memory_grown_bytes": "/proc/meminfo, since before it was loaded, and its pages of files",
}


class SharedMemory:
    """Host's and GPU's part together, and how they were found. A peak is the highest of the looks.

    Made before the process starts, since without nvmap the machine's growth since then is taken. Thor has no other
    way for now, and nvmap has none of CUDA's memory there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._before_bytes = unavailable_bytes(root)
        self._has_nvmap = device_tree.chip(device_tree.compatible(root)) != _NO_CUDA_IN_NVMAP
        self._of_gpu: Optional[int] = None
        self._grown: Optional[int] = None
        self._newest: Readings = {}
        self._is_over = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def follow(self, pid: int) -> None:
        """Look at it again and again, on a thread, until `end`."""
        self._thread = threading.Thread(target=self._look_until_over, args=(pid,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()

    def look(self, pid: int) -> Readings:
        """What it holds now: by nvmap its part of the GPU's, else what the machine has come to use since before it."""
        of_gpu = nvmap_bytes(text_of(self._root / _NVMAP), pid) if self._has_nvmap else None
        if of_gpu is not None:
            self._of_gpu = max(of_gpu, self._of_gpu or 0)
            return {"memory_gpu_bytes": float(of_gpu)}
        now = unavailable_bytes(self._root)
        if now is None or self._before_bytes is None:
            return {}
        grown = max(0, now - self._before_bytes) + (file_bytes(self._root, pid) or 0)
        self._grown = max(grown, self._grown or 0)
        return {"memory_grown_bytes": float(grown)}

    def source(self, pace_s: float) -> Source:
        """The newest look, for the record."""
        return Source(lambda: dict(self._newest), lambda series: _WAYS[series], pace_s)

    def facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]:
        """Of a process's record; `host_peak_bytes` is its VmHWM, which a GPU's memory is no part of.

        The peak is None where the GPU's part is not known: nobody saw any, or the machine grew by less than the host's
        part alone, so that others must have freed memory meanwhile.
        """
        self.end()
        if self._thread is not None:
            self._thread.join(_ENDS_WITHIN_S)
        if host_peak_bytes is not None and self._of_gpu is not None:
            return _facts(self._of_gpu + host_peak_bytes, "nvmap + VmHWM")
        if host_peak_bytes is not None and self._grown is not None and self._grown >= host_peak_bytes:
            return _facts(self._grown, MEMORY_GROWTH)
        return _facts(None, None)

    def _look_until_over(self, pid: int) -> None:
        while not self._is_over.is_set():
            self._newest = self.look(pid)
            self._is_over.wait(_PACE_S)


def shared_memory(root: Path, runtime: str) -> Optional[SharedMemory]:
    """None where VmHWM tells all there is: of a runtime that computes on the processor, as of a GPU with its own."""
    return SharedMemory(root) if computes_on_gpu(runtime) and is_jetson(root) else None


def computes_on_gpu(runtime: str) -> bool:
    return runtime in _COMPUTE_ON_GPU


def _facts(peak_bytes: Optional[int], method: Optional[str]) -> Dict[str, Any]:
    return {"peak_memory_bytes": peak_bytes, "memory_scope": "unified", "memory_method": method}
