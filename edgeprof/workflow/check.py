"""`edgeprof check`: export, prove, choose, measure and judge each model asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from edgeprof.config import Request
from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.budget import Budget
from edgeprof.core.errors import AgentError, EdgeprofError, TargetError
from edgeprof.core.exits import Exit, worst
from edgeprof.core.measurement import Ended, Measurement
from edgeprof.core.verdict import Word, judge
from edgeprof.workflow.conditions import device_for
from edgeprof.workflow.cool_down import CoolDown
from edgeprof.workflow.device import Device
from edgeprof.workflow.measuring import measure_all
from edgeprof.workflow.prepare import Ready, prepare
from edgeprof.workflow.reuse import saved_like
from edgeprof.workflow.save_plan import expect_savable, save_plan
from edgeprof.workflow.workshop import Workshop


def check(request: Request, workshop: Workshop, plan_to: Path | None = None) -> Iterator[Answer]:
    """An answer for each model, as soon as it is known. `plan_to`: where the plan that was judged is wanted."""
    expect_savable(request, plan_to)
    with device_for(request, workshop) as (request, device):  # noqa: PLR1704 (the same, with notes of the device)
        cooling = CoolDown(device, is_on=request.cools_down)
        for model in request.models:
            try:
                answer = _check(request, model, device, workshop, cooling)
                yield answer if plan_to is None else _with_plan(answer, device, plan_to)
            except EdgeprofError as error:
                yield Refused(model, error.message, error.hint, _exit_of(error, request.budget))


def _with_plan(answer: Judged, device: Device, to: Path) -> Judged:
    """What becomes of the plan changes the exit code, and no verdict."""
    try:
        return replace(answer, plan_at=save_plan(answer.measurement, device, to))
    except EdgeprofError as error:
        note = f"the plan was not saved: {error}" + (f"; {error.hint}" if error.hint else "")
        return replace(answer, plan_note=note, exit=worst((answer.exit, error.exit)))


def _exit_of(error: EdgeprofError, budget: Budget) -> Exit:
    """Not to fit into memory is a miss where memory was limited, also when it shows before anything is measured."""
    does_not_fit = isinstance(error, AgentError) and error.cause == Ended.OUT_OF_MEMORY.value
    return Exit.OVER_BUDGET if does_not_fit and budget.find("memory_mib") else error.exit


def _check(request: Request, model: str, device: Device, workshop: Workshop, cooling: CoolDown) -> Judged:
    ready: Ready | None = None
    attempt = 0
    while True:
        attempt += 1
        is_last = attempt > request.retries
        try:
            if ready is None:
                prepared = prepare(request, model, device, workshop)
                saved = _saved_answer(request, prepared, device, workshop)
                if saved:
                    return saved
                ready = cooling.cooled(prepared, workshop.progress)
            answer = _measure_and_judge(request, ready, device, workshop)
            if is_last or answer.verdict.word is not Word.INVALID:
                return answer
            why = "the environment was not valid"
        except (AgentError, TargetError) as error:
            if is_last or not _may_pass(error):
                raise
            why = error.message
        workshop.progress.say(f"{why}: trying again, {attempt} of {request.retries}")


def _may_pass(error: AgentError | TargetError) -> bool:
    """A link that stays away may come back."""
    return error.may_pass if isinstance(error, TargetError) else error.cause == Ended.LOST.value


def _saved_answer(request: Request, ready: Ready, device: Device, workshop: Workshop) -> Judged | None:
    """The newest saved measurement that decides the question, where the request allows for one."""
    if request.reuse_s is None:
        return None
    job, folder = ready.prepared.job, workshop.measurements
    for measurement, path in saved_like(job, request.plan, device, folder, request.reuse_s):
        answer = _judged(request, measurement, path)
        if answer.verdict.word in (Word.PASS, Word.FAIL):
            workshop.progress.say(f"reusing the measurement of {measurement.created_at}")
            return answer
    return None


def _measure_and_judge(request: Request, ready: Ready, device: Device, workshop: Workshop) -> Judged:
    budget = request.budget
    measurement, path = measure_all(
        request, ready, device, workshop, budget, lambda so_far: judge(so_far, budget, request.allow).is_final
    )
    return _judged(request, measurement, path)


def _judged(request: Request, measurement: Measurement, path: Path | None) -> Judged:
    verdict = judge(measurement, request.budget, request.allow)
    return Judged(
        measurement,
        request.budget,
        verdict,
        verdict.exit_accepting(request.accept),
        saved_at=str(path) if path else None,
        alternatives=tuple(name for name in request.candidates if name != measurement.asked),
    )
