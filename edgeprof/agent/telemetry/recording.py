"""What a process's record says of its device: telemetry, the peak of a GPU's memory, the power mode."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from edgeprof.agent.board.nvpmodel import power_mode
from edgeprof.agent.board.reading import top
from edgeprof.agent.runtimes import ON_CARDS
from edgeprof.agent.telemetry.sampler import Sampler
from edgeprof.agent.telemetry.source import Source
from edgeprof.core.protocol import Order, Task

if TYPE_CHECKING:
    from edgeprof.agent.telemetry.gpu_watch import GpuWatch


class Recording:
    """Of one process: made before it starts, `follow` from its start, begun and ended with its sampling."""

    def __init__(self, order: Order) -> None:
        self._root = top()
        runtime = order.job.runtime if order.job else "fake"
        # Declared time knows no device, but for a test that brings the device's files.
        self._is_real = runtime != "fake" or bool(os.environ.get("EDGEPROF_ROOT"))
        self._gpu: Optional[GpuWatch] = None
        if runtime in ON_CARDS and order.task is Task.MEASURE:  # what is only built or proved leaves no record
            from edgeprof.agent.telemetry.gpu_watch import watched_gpu  # here, since few machines have a card

            self._gpu = watched_gpu(self._root)
        self._pace_s = order.telemetry_s if self._is_real else 0.0
        self._sampler = Sampler(self._pace_s, self._open_sources)

    def follow(self, pid: int) -> None:
        """Its memory, which may be highest before the sampling begins."""
        if self._gpu is not None:
            self._gpu.follow(pid)

    def start(self, gpu_uuid: Optional[str] = None) -> None:
        """Its first inference is over; `gpu_uuid` is the card that it says it computes on."""
        if self._gpu is not None:
            self._gpu.loaded(gpu_uuid)
        self._sampler.start()
        # The host's facts want it when the process is over and somebody waits; it is warming up now.
        from edgeprof.agent.board import whole  # noqa: F401

    def begin(self) -> None:
        self._sampler.begin()

    def end(self) -> None:
        self._sampler.end()
        if self._gpu is not None:
            self._gpu.end()

    def facts(self, host_peak_bytes: Optional[int]) -> Dict[str, Any]:
        """As the process's record names them; waits for the last reading."""
        facts: Dict[str, Any] = {"memory_method": None if host_peak_bytes is None else "VmHWM"}
        facts["telemetry"] = self._sampler.telemetry()
        if self._is_real:
            facts["power_mode"] = power_mode(self._root)
        if self._gpu is not None:
            facts.update(self._gpu.facts(host_peak_bytes))
            self._gpu.close()
        return facts

    def _open_sources(self) -> List[Source]:
        from edgeprof.agent.telemetry.sources import sources_of  # only where something is sampled

        if self._gpu is None:
            return sources_of(self._root, self._pace_s)
        return [*sources_of(self._root, self._pace_s, self._gpu.source()), self._gpu.memory_source(self._pace_s)]
