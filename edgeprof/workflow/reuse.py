"""Take a saved measurement instead of measuring again: of an equal job, in an equal environment, and recent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from edgeprof.core.errors import ConfigError
from edgeprof.core.job import Job
from edgeprof.core.measurement import Measurement, Plan
from edgeprof.core.requirement import required
from edgeprof.store import measurements
from edgeprof.workflow.device import Device

# What makes two environments equal; load and free memory come and go, and are judged with each measurement.
_ENVIRONMENT = ("hostname", "machine", "system", "processor", "cores", "quota_cores", "governor", "memory_limit_bytes")
_BOARD = ("module", "gpu_units", "gpus", "driver", "l4t", "tensorrt", "power_mode", "clocks_locked")


def saved_like(
    job: Job, plan: Plan, device: Device, folder: Path, no_older_s: float
) -> Iterator[tuple[Measurement, Path]]:
    """Saved measurements that answer the same question on the same machine, the newest first."""
    oldest = datetime.now(timezone.utc) - timedelta(seconds=no_older_s)
    for path in measurements.newest_first(folder, job.model):
        try:
            measurement = measurements.load(path)
            is_old = datetime.fromisoformat(measurement.created_at) < oldest
        except (ConfigError, ValueError, TypeError):
            continue  # damaged, or a newer version's: not ours to use, and no reason to fail
        if is_old:
            return
        if measurement.job == job and measurement.plan == plan and _is_same(measurement, device):
            yield measurement, path


def _is_same(measurement: Measurement, device: Device) -> bool:
    if measurement.require != required(device.machine, device.board):
        return False
    version = device.runtime(measurement.job.runtime).version
    return _environment(measurement.host) == _environment(device.host) and all(
        process.runtime_version == version for process in measurement.processes
    )


def _environment(host: Any) -> list[Any]:
    board = host.get("board") or {}  # older measurements have none
    return [host.get(key) for key in _ENVIRONMENT] + [board.get(key) for key in _BOARD]
