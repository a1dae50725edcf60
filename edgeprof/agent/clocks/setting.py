"""Carry a plan out, and take back as much of it as was begun."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence, Tuple

from edgeprof.agent.board import nvpmodel
from edgeprof.agent.board.jetson_clocks import clocks_locked
from edgeprof.agent.clocks.plan import Plan, allowing, reboot_refusal, step_to
from edgeprof.agent.clocks.step import Hung, NotRoot, Refused, Step, is_running, last_line, run


class Setting:
    """One plan on one machine."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self.plan = plan
        self.hung: List[int] = []  # the process groups of what did not end
        self._root = root
        self._was_locked = clocks_locked(root)
        self._is_mode_touched = self._is_lock_touched = False

    @property
    def is_lock_visible(self) -> bool:
        """Whether clocks that are locked can only be so by us."""
        return bool(self.plan.lock) and self._was_locked is not True

    def make(self) -> None:
        """Run what was planned, and see that the mode took."""
        try:
            self._make()
        except NotRoot as refused:
            raise Refused(refused.message, allowing(self.plan)) from refused

    def put_back(self) -> List[str]:
        """What could not be: everything that was begun is tried, and looked at afterwards."""
        failures = [*self._put_mode_back(), *self._put_clocks_back()]
        still = [group for group in self.hung if is_running(group)]
        if self.hung and not failures:
            failures.append("a command did not end, so nobody knows what it did")
        return failures + [f"process {group} runs on, and may still change something" for group in still]

    def _make(self) -> None:
        for step in self.plan.store:
            _expect_done(step, *run(step))  # one that hangs has changed nothing
        if self.plan.mode:
            self._set_mode()
        for step in self.plan.lock:
            self._is_lock_touched = True
            try:
                self._take(step)
            except NotRoot:  # nothing was run
                self._is_lock_touched = False
                raise

    def _set_mode(self) -> None:
        mode = self.plan.mode
        assert mode
        self._is_mode_touched = True
        code, output = self._run(step_to(mode))
        if "reboot" in output.lower():  # NVPM WARN: DO YOU WANT TO REBOOT NOW? enter YES/yes to confirm:
            raise reboot_refusal(mode, "nvpmodel asks for one")
        now = nvpmodel.power_mode(self._root)
        if code or now != mode.name:
            told = f"the device is in {now}, and nvpmodel said: {last_line(output)}"
            raise Refused(f'power mode "{mode.name}" did not take: {told}', f"try it by hand: {step_to(mode)}")

    def _put_mode_back(self) -> List[str]:
        earlier = self.plan.earlier_mode
        if not self._is_mode_touched or earlier is None or nvpmodel.power_mode(self._root) == earlier.name:
            return []
        failures = self._failures((step_to(earlier),))
        if not failures and nvpmodel.power_mode(self._root) != earlier.name:
            failures.append(f"the power mode is not {earlier.name} again")
        return failures

    def _put_clocks_back(self) -> List[str]:
        if not self._is_lock_touched:
            return []
        failures = self._failures(self.plan.unlock)
        if not failures and self._was_locked is not True and clocks_locked(self._root):
            failures.append("the clocks are locked all the same")
        return failures

    def _failures(self, steps: Sequence[Step]) -> List[str]:
        told = []
        for step in steps:
            try:
                self._take(step)
            except Refused as refused:
                told.append(refused.message)
        return told

    def _take(self, step: Step) -> None:
        _expect_done(step, *self._run(step))

    def _run(self, step: Step) -> Tuple[int, str]:
        try:
            return run(step)
        except Hung as hung:
            self.hung.append(hung.group)
            raise


def _expect_done(step: Step, code: int, output: str) -> None:
    if code:
        said = f"{step.argv[0]} failed with exit code {code}: {last_line(output)}"
        raise Refused(said, f"try it by hand: {step}")
