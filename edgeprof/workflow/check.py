"""`edgeprof check`: export, prove, choose, measure and judge each model asked for."""

from __future__ import annotations

from collections.abc import Iterator

from edgeprof.config import Request
from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.errors import EdgeprofError
from edgeprof.core.verdict import Word, judge
from edgeprof.workflow.device import Device, open_device
from edgeprof.workflow.measuring import measure_all
from edgeprof.workflow.prepare import Ready, prepare
from edgeprof.workflow.workshop import Workshop


def check(request: Request, workshop: Workshop) -> Iterator[Answer]:
    """An answer for each model, as soon as it is known."""
    with open_device(request.device, workshop.agents, is_configured=request.is_configured) as device:
        for model in request.models:
            try:
                yield _check(request, model, device, workshop)
            except EdgeprofError as error:
                yield Refused(model, error.message, error.hint, error.exit)


def _check(request: Request, model: str, device: Device, workshop: Workshop) -> Judged:
    ready = prepare(request, model, device, workshop)
    answer = _measure_and_judge(request, ready, device, workshop)
    for attempt in range(1, request.retries + 1):
        if answer.verdict.word is not Word.INVALID:
            break
        workshop.progress.say(f"the environment was not valid: trying again, {attempt} of {request.retries}")
        answer = _measure_and_judge(request, ready, device, workshop)
    return answer


def _measure_and_judge(request: Request, ready: Ready, device: Device, workshop: Workshop) -> Judged:
    budget = request.budget
    measurement, path = measure_all(
        request, ready, device, workshop, budget, lambda so_far: judge(so_far, budget, request.allow).is_final
    )
    verdict = judge(measurement, budget, request.allow)
    return Judged(
        measurement,
        budget,
        verdict,
        verdict.exit_accepting(request.accept),
        saved_at=str(path) if path else None,
        alternatives=tuple(name for name in request.candidates if name != ready.asked),
    )
