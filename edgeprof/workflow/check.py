"""`edgeprof check`: export, prove, choose, measure and judge each model asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeprof.config import Request
from edgeprof.convert.cache import Cache
from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.errors import EdgeprofError
from edgeprof.core.verdict import Word, judge
from edgeprof.workflow.device import Device, open_device
from edgeprof.workflow.measuring import blank, measure_all
from edgeprof.workflow.prepare import Ready, prepare
from edgeprof.workflow.progress import Progress


def check(request: Request, cache: Cache, folder: Path, progress: Progress) -> Iterator[Answer]:
    """An answer for each model, as soon as it is known; measurements are saved in `folder`."""
    with open_device(request.device, cache.root / "agent", is_configured=request.is_configured) as device:
        for model in request.models:
            try:
                yield _check(request, model, device, cache, folder, progress)
            except EdgeprofError as error:
                yield Refused(model, error.message, error.hint, error.exit)


def _check(request: Request, model: str, device: Device, cache: Cache, folder: Path, progress: Progress) -> Judged:
    ready = prepare(request, model, device, cache, progress)
    answer = _measure_and_judge(request, model, ready, device, folder, progress)
    for attempt in range(request.retries):
        if answer.verdict.word is not Word.INVALID:
            break
        progress.say(f"the environment was not valid: trying again ({attempt + 1} of {request.retries})")
        answer = _measure_and_judge(request, model, ready, device, folder, progress)
    return answer


def _measure_and_judge(
    request: Request, model: str, ready: Ready, device: Device, folder: Path, progress: Progress
) -> Judged:
    budget = request.budget
    measurement, path = measure_all(
        ready,
        device,
        blank(ready, model, request.plan, budget),
        request.plan.sampling(tuple(limit.threshold for limit in budget.sequential)),
        progress,
        folder,
        request.lock_timeout_s,
        is_final=lambda so_far: judge(so_far, budget, request.allow).is_final,
    )
    verdict = judge(measurement, budget, request.allow)
    return Judged(
        measurement,
        budget,
        verdict,
        verdict.exit_accepting(request.accept),
        saved_at=str(path) if path else None,
        alternatives=tuple(name for name in request.candidates if name != model),
    )
