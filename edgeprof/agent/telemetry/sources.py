"""The ways that this device has of being read, the best one of each series first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

from edgeprof.agent.telemetry import (
    cpufreq,
    devfreq,
    ina3221,
    memory,
    rapl,
    raspberry_pi,
    soctherm,
    tegrastats_child,
    thermal,
    throttle,
)
from edgeprof.agent.telemetry.source import Source


def sources_of(root: Path, pace_s: float) -> List[Source]:
    """Those that exist and may be read; `pace_s` is the fastest that any of them is read at."""
    found = [
        raspberry_pi.source_of(root),
        tegrastats_child.source_of(pace_s),
        ina3221.source_of(root, pace_s),  # besides, since a tegrastats may be there and say nothing
        rapl.source_of(root),
        devfreq.source_of(root),
        thermal.source_of(root),
        cpufreq.source_of(root, sorted(os.sched_getaffinity(0))),
        memory.source_of(root),
        soctherm.source_of(root),
        throttle.source_of(root),
    ]
    return [source for source in found if source is not None]
