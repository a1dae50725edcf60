"""The peak of what a process holds of a memory that host and GPU share, by the best way that the board has."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from edgeprof.agent.board import device_tree
from edgeprof.agent.files import text_of
from edgeprof.agent.nvml.gpus import Gpus
from edgeprof.agent.nvml.processes import held_on
from edgeprof.agent.telemetry.memory import file_bytes, nvmap_bytes, unavailable_bytes
from edgeprof.agent.telemetry.memory_watch import Look, MemoryWatch, peak_facts
from edgeprof.core.telemetry import MEMORY_GROWTH

_NVMAP = "sys/kernel/debug/nvmap/iovmm/clients"  # root's
_NO_CUDA_IN_NVMAP = "tegra264"


class SharedMemory(MemoryWatch):
    """By nvmap the process's part of the GPU's; by NVML where nvmap has none of CUDA's, as on Thor, or is root's.

    Else what the machine has come to use since before it: so this is made before the process starts.
    """

    def __init__(self, root: Path, gpus: Optional[Gpus] = None) -> None:
        super().__init__()
        self._root = root
        self._gpus = gpus
        self._before_bytes = unavailable_bytes(root)
        self._has_nvmap = device_tree.chip(device_tree.compatible(root)) != _NO_CUDA_IN_NVMAP
        self._way: Optional[str] = None  # never both: they may not count alike
        self.ways = {
            "memory_gpu_bytes": "",
            "memory_grown_bytes": "/proc/meminfo, since before it was loaded, and its pages of files",
        }

    def see(self, pid: int) -> Look:
        own = self._own(pid)
        if own is not None:
            return Look(own)
        now = unavailable_bytes(self._root)
        if now is None or self._before_bytes is None:
            return Look()
        return Look(None, max(0, now - self._before_bytes) + (file_bytes(self._root, pid) or 0))

    def peak_facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]:
        """None where the GPU's part is not known: nobody saw any, or the machine grew by less than the host's part.

        Then others must have freed memory meanwhile.
        """
        own, grown = self.own.highest, self.grown.highest
        if host_peak_bytes is not None and own is not None:
            return peak_facts("unified", own + host_peak_bytes, f"{self._way} + VmHWM")
        if host_peak_bytes is not None and grown is not None and grown >= host_peak_bytes:
            return peak_facts("unified", grown, MEMORY_GROWTH)
        return peak_facts("unified", None, None)

    def _own(self, pid: int) -> Optional[int]:
        for way, path, ask in (("nvmap", f"/{_NVMAP}", self._by_nvmap), ("NVML", "NVML", self._by_nvml)):
            held = ask(pid) if self._way in (None, way) else None
            if held is not None:
                self._way, self.ways["memory_gpu_bytes"] = way, path
                return held
        return None

    def _by_nvmap(self, pid: int) -> Optional[int]:
        return nvmap_bytes(text_of(self._root / _NVMAP), pid) if self._has_nvmap else None

    def _by_nvml(self, pid: int) -> Optional[int]:
        return held_on(self._gpus, pid) if self._gpus else None
