"""The ways that this device has of being read, the best one of each series first."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import List, Optional

from edgeprof.agent.telemetry import (
    cpufreq,
    devfreq,
    ina3221,
    ina3221_alarms,
    memory,
    rapl,
    raspberry_pi,
    soctherm,
    tegrastats_child,
    thermal,
    throttle,
)
from edgeprof.agent.telemetry.source import Readings, Source


def sources_of(root: Path, pace_s: float, gpu: Optional[Source] = None) -> List[Source]:
    """Those that exist and may be read; `pace_s` is the fastest that any of them is read at.

    What runs on a card draws its power from that: `gpu` goes before the processor's, and takes its place.
    """
    found = [
        raspberry_pi.source_of(root),
        tegrastats_child.source_of(pace_s),
        ina3221.source_of(root, pace_s),  # besides, since a tegrastats may be there and say nothing
        ina3221_alarms.source_of(root),
        gpu,
        rapl.source_of(root) if gpu is None else _of_the_processor(rapl.source_of(root)),
        devfreq.source_of(root),
        thermal.source_of(root),
        cpufreq.source_of(root, sorted(os.sched_getaffinity(0))),
        memory.source_of(root),
        soctherm.source_of(root),
        throttle.source_of(root),
    ]
    return [source for source in found if source is not None]


def _of_the_processor(source: Optional[Source]) -> Optional[Source]:
    """Its power as a part of the machine's."""
    if source is None:
        return None
    inner = source

    def read() -> Readings:
        watts = inner.read().get("power_w")
        return {} if watts is None else {"power_processor_w": watts}

    return replace(source, read=read)
