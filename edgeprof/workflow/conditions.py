"""The device that a request is for, as it is required to be, with its power mode and clocks as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from edgeprof.agent.runtimes import ON_CARDS, PLANNED
from edgeprof.config import Request
from edgeprof.workflow.clocks import held
from edgeprof.workflow.device import Device, open_device
from edgeprof.workflow.require import expect_required
from edgeprof.workflow.workshop import Workshop


@contextmanager
def device_for(request: Request, workshop: Workshop) -> Iterator[tuple[Request, Device]]:
    """The request comes back with what the record should say of the device."""
    with open_device(request.machine, workshop, request.wait_for_device_s, _wanted(request)) as device:
        if request.machine.card is not None:
            device.runtime(_for_card(request))  # it says what is missing; a card is never replaced by the cpu
        notes = expect_required(device)
        for note in notes:
            workshop.progress.say(note)
        with held(device, workshop.progress, request.lock_timeout_s) as (as_asked, changes):
            yield replace(request, notes=(*request.notes, *notes, *changes)), as_asked


def _wanted(request: Request) -> tuple[str, ...]:
    """A runtime of the processor's needs no card looked for."""
    named = request.raced if request.runtime == "auto" else (request.runtime,)
    return named if request.machine.card is None else (*named, _for_card(request))


def _for_card(request: Request) -> str:
    return request.runtime if request.runtime in ON_CARDS else PLANNED
