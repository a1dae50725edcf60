"""`edgeprof measure`: numbers without a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeprof.config import Request
from edgeprof.core.answer import Refused
from edgeprof.core.errors import EdgeprofError
from edgeprof.core.measurement import Measurement
from edgeprof.workflow.conditions import device_for
from edgeprof.workflow.cool_down import CoolDown
from edgeprof.workflow.device import Device
from edgeprof.workflow.measuring import measure_all
from edgeprof.workflow.prepare import prepare
from edgeprof.workflow.workshop import Workshop


def measure(request: Request, workshop: Workshop) -> Iterator[tuple[Measurement, Path | None] | Refused]:
    """Each model's measurement of the length asked for and where it was saved, or why there is none."""
    with device_for(request, workshop) as (request, device):  # noqa: PLR1704 (the same, with notes of the device)
        cooling = CoolDown(device, is_on=request.cools_down)
        for model in request.models:
            try:
                yield _measure(request, model, device, workshop, cooling)
            except EdgeprofError as error:
                yield Refused(model, error.message, error.hint, error.exit)


def _measure(
    request: Request, model: str, device: Device, workshop: Workshop, cooling: CoolDown
) -> tuple[Measurement, Path | None]:
    ready = cooling.cooled(prepare(request, model, device, workshop), workshop.progress)
    return measure_all(request, ready, device, workshop, None, lambda so_far: not so_far.processes[-1].ended.is_whole)
