"""The measuring that check and measure share: process after process, saved after each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from edgeprof import __version__
from edgeprof.config import Request
from edgeprof.core.budget import Budget
from edgeprof.core.measurement import Measurement, Process, Required
from edgeprof.core.requirement import required
from edgeprof.store import measurements
from edgeprof.workflow.device import Device
from edgeprof.workflow.prepare import Ready
from edgeprof.workflow.process import measure_process
from edgeprof.workflow.progress import Progress
from edgeprof.workflow.proofs import Proofs
from edgeprof.workflow.running import of_process
from edgeprof.workflow.workshop import Workshop


def measure_all(
    request: Request,
    ready: Ready,
    device: Device,
    workshop: Workshop,
    budget: Budget | None,
    is_final: Callable[[Measurement], bool],
) -> tuple[Measurement, Path | None]:
    """Process after process until there are as many as planned or `is_final`; and where it was saved."""
    measurement = _blank(request, ready, budget, required(device.machine, device.board))
    lost: list[Process] = []
    sampling = request.plan.sampling(tuple(limit.threshold for limit in budget.sequential) if budget else ())
    proofs = Proofs(ready, device, workshop, request.lock_timeout_s)
    path: Path | None = None
    for number in range(1, request.plan.processes + 1):
        progress = _Prefixed(workshop.progress, f"process {number} of {request.plan.processes}: ")
        prepared = replace(ready.prepared, job=of_process(ready.prepared.job, number - 1))
        proofs.before(prepared)
        process, host = measure_process(device, prepared, sampling, progress, request.lock_timeout_s, lost.append)
        proofs.after(prepared, process)
        seen = replace(measurement.with_process(process), host=host, parity=proofs.worst)
        measurement = _with_lost(seen, lost)
        path = _save(measurement, workshop)
        progress.say(_words(measurement))
        if is_final(measurement):
            break
    return measurement, path


def _blank(request: Request, ready: Ready, budget: Budget | None, require: Required) -> Measurement:
    """A measurement with no process in it yet."""
    now = datetime.now(timezone.utc)
    artefact = ready.prepared.artefact
    return Measurement(
        id=f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
        created_at=now.isoformat(timespec="seconds"),
        edgeprof=__version__,
        asked=ready.asked,
        job=ready.prepared.job,
        plan=request.plan,
        size_bytes=artefact.size_bytes,
        budget=budget.as_config() if budget else {},
        budget_name=budget.name if budget else None,
        require=require,
        parity=ready.parity,
        race=ready.laps,
        notes=ready.notes,
        card=artefact.card,
    )


def _with_lost(measurement: Measurement, lost: list[Process]) -> Measurement:
    """Those that were repeated are kept beside the others, and the record says so."""
    fresh = lost[len(measurement.lost) :]
    number = len(measurement.processes)
    said = tuple(
        f"process {number} was repeated: {process.message}, after {len(process.samples_s)} samples" for process in fresh
    )
    return replace(measurement, lost=tuple(lost), notes=measurement.notes + said)


def _save(measurement: Measurement, workshop: Workshop) -> Path | None:
    """A full disk costs the file, not the answer."""
    try:
        return measurements.save(measurement, workshop.measurements)
    except OSError as error:
        where = f"{workshop.measurements}: {error.strerror}; set EDGEPROF_MEASUREMENTS to another folder"
        workshop.progress.say(f"warning: the measurement is not saved in {where}")
        return None


def _words(measurement: Measurement) -> str:
    process = measurement.processes[-1]
    warm_up = "never steady in" if process.steady is False else "warm after"
    warm = f", {warm_up} {sum(process.warmup_s):.3g} s" if process.warmup_s else ""
    return f"{process.ended.value}, {len(process.samples_s)} samples in {sum(process.samples_s):.3g} s{warm}"


class _Prefixed:
    def __init__(self, progress: Progress, prefix: str) -> None:
        self._progress, self._prefix = progress, prefix

    def say(self, text: str) -> None:
        self._progress.say(self._prefix + text)

    def show(self, text: str) -> None:
        self._progress.show(self._prefix + text)

    def rest(self) -> None:
        self._progress.rest()
