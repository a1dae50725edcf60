"""What a process's record says of its device: telemetry, the peak of a memory that the GPU shares, the power mode."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

from edgeprof.agent.board import power_mode
from edgeprof.agent.board.reading import top
from edgeprof.agent.telemetry.sampler import Sampler
from edgeprof.agent.telemetry.shared_memory import SharedMemory, shared_memory
from edgeprof.agent.telemetry.source import Source
from edgeprof.core.protocol import Order


class Recording:
    """Of one process: made before it starts, `follow` from its start, begun and ended with its sampling."""

    def __init__(self, order: Order) -> None:
        self._root = top()
        runtime = order.job.runtime if order.job else "fake"
        # Declared time knows no device, but for a test that brings the device's files.
        self._is_real = runtime != "fake" or bool(os.environ.get("EDGEPROF_ROOT"))
        self._memory: Optional[SharedMemory] = shared_memory(self._root, runtime)
        self._pace_s = order.telemetry_s if self._is_real else 0.0
        self._sampler = Sampler(self._pace_s, self._open_sources)

    def follow(self, pid: int) -> None:
        """Its memory, which may be highest before the sampling begins."""
        if self._memory is not None:
            self._memory.follow(pid)

    def start(self) -> None:
        self._sampler.start()

    def begin(self) -> None:
        self._sampler.begin()

    def end(self) -> None:
        self._sampler.end()
        if self._memory is not None:
            self._memory.end()

    def facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]:
        """As the process's record names them; waits for the last reading."""
        facts: Dict[str, Any] = {"memory_method": None if host_peak_bytes is None else "VmHWM"}
        facts["telemetry"] = self._sampler.telemetry()
        if self._is_real:
            facts["power_mode"] = power_mode(self._root)
        if self._memory is not None:
            facts.update(self._memory.facts(host_peak_bytes))
        return facts

    def _open_sources(self) -> List[Source]:
        from edgeprof.agent.telemetry.sources import sources_of  # only where something is sampled

        found = sources_of(self._root, self._pace_s)
        return found if self._memory is None else [*found, self._memory.source(self._pace_s)]
