"""What a process holds of a GPU's memory, looked for as long as it runs."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any, Dict, NamedTuple, Optional

from edgeprof.agent.telemetry.source import Readings, Source

_PACE_S = 0.1  # a builder's or an allocator's peak is over soon
_ENDS_WITHIN_S = 1.0


class Look(NamedTuple):
    """What is seen at one moment: the process's own part, or else by how much all programs hold more than before."""

    own: Optional[int] = None
    grown: Optional[int] = None


class Peak:
    """The highest of what was noted while a process was loaded, and since."""

    def __init__(self) -> None:
        self.loading: Optional[int] = None
        self.running: Optional[int] = None
        self.is_running = False

    def note(self, size_bytes: Optional[int]) -> None:
        if size_bytes is None:
            return
        if self.is_running:
            self.running = max(size_bytes, self.running or 0)
        else:
            self.loading = max(size_bytes, self.loading or 0)

    @property
    def highest(self) -> Optional[int]:
        return max((size for size in (self.loading, self.running) if size is not None), default=None)


class MemoryWatch(ABC):
    """Made before the process starts; each way of looking is a kind of its own."""

    def __init__(self) -> None:
        self.ways: Dict[str, str] = {}  # how each series is read
        self.own, self.grown = Peak(), Peak()
        self._newest: Readings = {}
        self._is_over = threading.Event()
        self._thread: Optional[threading.Thread] = None

    @abstractmethod
    def see(self, pid: int) -> Look: ...

    @abstractmethod
    def peak_facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]: ...

    def follow(self, pid: int) -> None:
        """Look at it again and again, on a thread, until `end`."""
        self._thread = threading.Thread(target=self._look_until_over, args=(pid,), daemon=True)
        self._thread.start()

    def loaded(self) -> None:
        """Its first inference is over: what is seen from now on it holds while it runs."""
        self.own.is_running = self.grown.is_running = True

    def end(self) -> None:
        self._is_over.set()

    def look(self, pid: int) -> Readings:
        """What it holds now."""
        seen = self.see(pid)
        self.own.note(seen.own)
        self.grown.note(seen.grown)
        found = {"memory_gpu_bytes": seen.own, "memory_grown_bytes": seen.grown}
        return {series: float(size) for series, size in found.items() if size is not None}

    def source(self, pace_s: float) -> Source:
        """The newest look, for the record."""
        return Source(lambda: dict(self._newest), lambda series: self.ways[series], pace_s)

    def facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]:
        """Of a process's record; `host_peak_bytes` is its VmHWM, which a GPU's memory is no part of."""
        self.end()
        if self._thread is not None:
            self._thread.join(_ENDS_WITHIN_S)
        gpu = {"gpu_loading_bytes": self.own.loading, "gpu_running_bytes": self.own.running}
        return {**self.peak_facts(host_peak_bytes), **gpu}

    def _look_until_over(self, pid: int) -> None:
        while not self._is_over.is_set():
            self._newest = self.look(pid)
            self._is_over.wait(_PACE_S)


def peak_facts(scope: str, peak_bytes: Optional[int], method: Optional[str]) -> Dict[str, Any]:
    return {"peak_memory_bytes": peak_bytes, "memory_scope": scope, "memory_method": method}
