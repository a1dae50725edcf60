"""The measuring that check and measure share: process after process, saved after each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from edgeprof import __version__
from edgeprof.core.budget import Budget
from edgeprof.core.measurement import Measurement, Plan
from edgeprof.core.sampling import Sampling
from edgeprof.store import measurements
from edgeprof.workflow.device import Device
from edgeprof.workflow.prepare import Ready
from edgeprof.workflow.process import measure_process
from edgeprof.workflow.progress import Progress


def blank(ready: Ready, asked: str, plan: Plan, budget: Budget | None) -> Measurement:
    """A measurement with no process in it yet."""
    now = datetime.now(timezone.utc)
    artefact = ready.prepared.artefact
    return Measurement(
        id=f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
        created_at=now.isoformat(timespec="seconds"),
        edgeprof=__version__,
        asked=asked,
        job=ready.prepared.job,
        plan=plan,
        size_bytes=artefact.size_bytes,
        budget=budget.as_config() if budget else {},
        budget_name=budget.name if budget else None,
        parity=ready.parity,
        race=ready.laps,
        notes=ready.notes,
        card=artefact.card,
    )


def measure_all(
    ready: Ready,
    device: Device,
    measurement: Measurement,
    sampling: Sampling,
    progress: Progress,
    folder: Path,
    lock_timeout_s: float | None,
    is_final: Callable[[Measurement], bool],
) -> tuple[Measurement, Path | None]:
    """Process after process until there are as many as planned or `is_final`; where it was saved."""
    path: Path | None = None
    for number in range(1, measurement.plan.processes + 1):
        prefix = f"process {number} of {measurement.plan.processes}: "
        told = _Prefixed(progress, prefix)
        process, host = measure_process(device, ready.prepared, sampling, told, lock_timeout_s)
        measurement = replace(measurement.with_process(process), host=host)
        path = _save(measurement, folder, progress)
        progress.say(prefix + _words(measurement))
        if is_final(measurement):
            break
    return measurement, path


def _save(measurement: Measurement, folder: Path, progress: Progress) -> Path | None:
    """A full disk costs the file, not the answer."""
    try:
        return measurements.save(measurement, folder)
    except OSError as error:
        progress.say(f"warning: not saved in {folder}: {error.strerror}; set EDGEPROF_MEASUREMENTS to another folder")
        return None


def _words(measurement: Measurement) -> str:
    process = measurement.processes[-1]
    count = len(process.samples_s)
    warm = f", warm after {sum(process.warmup_s):.3g} s" if process.warmup_s else ""
    return f"{process.ended.value}, {count} samples in {sum(process.samples_s):.3g} s{warm}"


class _Prefixed:
    def __init__(self, progress: Progress, prefix: str) -> None:
        self._progress, self._prefix = progress, prefix

    def say(self, text: str) -> None:
        self._progress.say(self._prefix + text)

    def show(self, text: str) -> None:
        self._progress.show(self._prefix + text)

