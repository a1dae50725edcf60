"""`edgeprof measure`: numbers without a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeprof.config import Request
from edgeprof.core.answer import Refused
from edgeprof.core.errors import EdgeprofError
from edgeprof.core.measurement import Measurement
from edgeprof.workflow.device import Device, open_device
from edgeprof.workflow.measuring import measure_all
from edgeprof.workflow.prepare import prepare
from edgeprof.workflow.workshop import Workshop


def measure(request: Request, workshop: Workshop) -> Iterator[tuple[Measurement, Path | None] | Refused]:
    """Each model's measurement of the length asked for and where it was saved, or why there is none."""
    with open_device(request.device, workshop.agents, is_configured=request.is_configured) as device:
        for model in request.models:
            try:
                yield _measure(request, model, device, workshop)
            except EdgeprofError as error:
                yield Refused(model, error.message, error.hint, error.exit)


def _measure(request: Request, model: str, device: Device, workshop: Workshop) -> tuple[Measurement, Path | None]:
    ready = prepare(request, model, device, workshop)
    return measure_all(request, ready, device, workshop, None, lambda so_far: not so_far.processes[-1].ended.is_whole)
