"""Carry a plan out, and take it back."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

from edgeprof.agent.board import nvpmodel
from edgeprof.agent.clocks.plan import Plan, allowing, reboot_refusal, step_to
from edgeprof.agent.clocks.step import NotRoot, Refused, Step, last_line, run


def make(plan: Plan, root: Path) -> None:
    """Run what was planned, and see that the mode took. Where anything is refused, all is as it was before."""
    try:
        _make(plan, root)
    except NotRoot as refused:
        raise Refused(refused.message, allowing(plan)) from refused


def put_back(plan: Plan, root: Path) -> List[str]:
    """What could not be: everything is tried."""
    return [*_put_mode_back(plan, root), *_failures(plan.unlock)]


def _make(plan: Plan, root: Path) -> None:
    for step in plan.store:
        _expect_done(step)
    if plan.mode:
        try:
            _set_mode(plan, root)
        except Refused:
            _put_mode_back(plan, root)
            raise
    try:
        for step in plan.lock:
            _expect_done(step)
    except NotRoot:
        _put_mode_back(plan, root)
        raise
    except Refused:
        put_back(plan, root)
        raise


def _set_mode(plan: Plan, root: Path) -> None:
    mode = plan.mode
    assert mode
    code, output = run(step_to(mode))
    if "reboot" in output.lower():  # NVPM WARN: DO YOU WANT TO REBOOT NOW? enter YES/yes to confirm:
        raise reboot_refusal(mode, "nvpmodel asks for one")
    now = nvpmodel.power_mode(root)
    if code or now != mode.name:
        told = f"the device is in {now}, and nvpmodel said: {last_line(output)}"
        raise Refused(f'power mode "{mode.name}" did not take: {told}', f"try it by hand: {step_to(mode)}")


def _put_mode_back(plan: Plan, root: Path) -> List[str]:
    earlier = plan.earlier_mode
    if earlier is None or nvpmodel.power_mode(root) == earlier.name:
        return []
    failures = _failures((step_to(earlier),))
    if not failures and nvpmodel.power_mode(root) != earlier.name:
        failures.append(f"the power mode is not {earlier.name} again")
    return failures


def _failures(steps: Sequence[Step]) -> List[str]:
    told = []
    for step in steps:
        try:
            _expect_done(step)
        except Refused as refused:
            told.append(refused.message)
    return told


def _expect_done(step: Step) -> None:
    code, output = run(step)
    if code:
        raise Refused(f"{step.argv[0]} failed with exit code {code}: {last_line(output)}", f"try it by hand: {step}")
