"""`edgeprof device clean`: remove what edgeprof keeps on a device."""

from __future__ import annotations

from edgeprof.core.machine import Machine
from edgeprof.targets import Cleaned
from edgeprof.workflow.device import target_of
from edgeprof.workflow.progress import Progress


def clean(machine: Machine, progress: Progress, older_than_s: float = 0.0) -> Cleaned:
    """What was placed and not used for so long, by the device's own clock."""
    target = target_of(machine, progress)
    try:
        return target.clean(older_than_s)
    finally:
        target.close()
