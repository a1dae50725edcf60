"""The peak of what a process holds of a card's own memory, by NVML."""

from __future__ import annotations

from typing import Any, Dict, Optional

from edgeprof.agent.nvml.figures import accounted_bytes, memory_bytes
from edgeprof.agent.nvml.gpus import Gpus
from edgeprof.agent.nvml.processes import held_on
from edgeprof.agent.telemetry.memory_watch import Look, MemoryWatch, peak_facts
from edgeprof.core.telemetry import CARD_GROWTH


class CardMemory(MemoryWatch):
    """By the driver's list of processes; else by how much more of the cards is used than before it started."""

    def __init__(self, gpus: Gpus) -> None:
        super().__init__()
        self._gpus = gpus
        self._before_bytes = self._used()
        self._accounted: Optional[int] = None
        self.ways = {"memory_gpu_bytes": "NVML", "memory_grown_bytes": "NVML, all programs, since before it was loaded"}

    def see(self, pid: int) -> Look:
        own = held_on(self._gpus, pid)
        if own is None:
            now = self._used()
            if now is None or self._before_bytes is None:
                return Look()
            return Look(None, max(0, now - self._before_bytes))
        most = [accounted_bytes(self._gpus.library, one.handle, pid) for one in self._gpus.found if not one.is_slice]
        self._accounted = max((size for size in (self._accounted, *most) if size is not None), default=None)
        return Look(own)

    def peak_facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]:
        """A process that computes on a card holds some of it: growth by nothing is others' freeing."""
        own = self.own.highest
        if own is not None and self._accounted is not None and self._accounted >= own:
            return peak_facts("device", self._accounted, "NVML accounting")
        if own is not None:
            return peak_facts("device", own, "NVML")
        if self.grown.highest:
            return peak_facts("device", self.grown.highest, CARD_GROWTH)
        return peak_facts("device", None, None)

    def _used(self) -> Optional[int]:
        """Of all cards together; None where one of them does not tell, since the process may be on it."""
        told = [memory_bytes(self._gpus.library, one.card) for one in self._gpus.found if not one.is_slice]
        known = [used for used in told if used is not None]
        return sum(used for _, used in known) if known and len(known) == len(told) else None
