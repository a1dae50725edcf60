"""What is looked at of the GPU that a process computes on: its memory from the start, all else while it is sampled."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, Optional

from edgeprof.agent.asking import PATIENCE_S, Unanswered, within
from edgeprof.agent.board.kind import is_jetson
from edgeprof.agent.nvml.figures import memory_bytes
from edgeprof.agent.nvml.gpus import Gpus, opened
from edgeprof.agent.nvml.library import close
from edgeprof.agent.telemetry import nvml
from edgeprof.agent.telemetry.card_memory import CardMemory
from edgeprof.agent.telemetry.memory_watch import MemoryWatch, peak_facts
from edgeprof.agent.telemetry.shared_memory import SharedMemory
from edgeprof.agent.telemetry.source import Source

_CLOSES_WITHIN_S = 1.0


class GpuWatch:
    """`memory` is None where no way is known to look at it: then the record says so, and never the host's part."""

    def __init__(self, gpus: Optional[Gpus], memory: Optional[MemoryWatch]) -> None:
        self._gpus = gpus
        self._memory = memory
        self._pid: Optional[int] = None
        self._uuid: Optional[str] = None

    def follow(self, pid: int) -> None:
        self._pid = pid
        if self._memory is not None:
            self._memory.follow(pid)

    def loaded(self, uuid: Optional[str]) -> None:
        self._uuid = uuid
        if self._memory is not None:
            self._memory.loaded()

    def end(self) -> None:
        if self._memory is not None:
            self._memory.end()

    def close(self) -> None:
        """Once nobody reads any more; of a card that hangs the library is left as it is."""
        gpus, self._gpus = self._gpus, None
        if gpus is not None:
            with suppress(Unanswered):
                within(_CLOSES_WITHIN_S, lambda: close(gpus.library))

    def source(self) -> Optional[Source]:
        """Of the card that it computes on; None where nobody tells which."""
        if self._gpus is None or self._pid is None:
            return None
        one = nvml.measured_on(self._gpus, self._pid, self._uuid)
        return None if one is None else nvml.source_of(self._gpus, one, self._pid)

    def memory_source(self, pace_s: float) -> Source:
        return Source(dict, str) if self._memory is None else self._memory.source(pace_s)

    def facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]:
        return peak_facts("device", None, None) if self._memory is None else self._memory.facts(host_peak_bytes)


def watched_gpu(root: Path, patience_s: float = PATIENCE_S) -> GpuWatch:
    """Made before the process starts."""
    gpus = opened(root, patience_s).gpus
    try:
        return within(patience_s, lambda: _watch_of(root, gpus))
    except Unanswered:  # it has been opened, and was lost since
        return GpuWatch(None, None)


def _watch_of(root: Path, gpus: Optional[Gpus]) -> GpuWatch:
    if is_jetson(root) or (gpus is not None and not _has_own_memory(gpus)):
        return GpuWatch(gpus, SharedMemory(root, gpus))
    return GpuWatch(gpus, None if gpus is None else CardMemory(gpus))


def _has_own_memory(gpus: Gpus) -> bool:
    """A GB10 has none either, and is no Jetson."""
    return any(memory_bytes(gpus.library, one.card) for one in gpus.found)
