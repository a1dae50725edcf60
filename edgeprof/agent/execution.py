"""An order under the device's lock: measured, or its outputs or layers told, by processes that are watched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, List, TypeVar

from edgeprof.agent import canary, host
from edgeprof.agent.watch import Emit, Refusal, Unplanned, Watch
from edgeprof.core.codec import plain
from edgeprof.core.protocol import Order, Task

T = TypeVar("T")


class Execution:
    def __init__(self, order: Order, command: List[str], emit: Emit, is_abandoned: Callable[[], bool]) -> None:
        self._order = order
        self._command = command  # what starts the measured process, but for its arguments
        self._emit, self._is_abandoned = emit, is_abandoned

    def run(self) -> None:
        if self._order.task is Task.OUTPUTS:
            self._tell(Watch.outputs)
        elif self._order.task is Task.LAYERS:
            self._tell(Watch.layers)
        else:
            self._measure()

    def _measure(self) -> None:
        job = self._order.job
        runs_on_real_time = job is not None and job.runtime != "fake"  # declared time knows no slow machine
        facts: Dict[str, Any] = {} if runs_on_real_time else {"strain": None}

        def sing() -> None:
            if runs_on_real_time:
                facts["canary_before"] = plain(canary.sing())

        try:
            process = self._watched(Watch.run, sing)
        except Refusal as refusal:
            self._emit(refusal.event)
            return
        if runs_on_real_time:
            facts["canary_after"] = plain(canary.sing())
        self._emit({"event": "done", "process": {**plain(process), **facts}, "host": host.facts()})

    def _tell(self, act: Callable[[Watch], Dict[str, Any]]) -> None:
        try:
            event = self._watched(act)
        except Refusal as refusal:
            self._emit(refusal.event)
            return
        self._emit({**event, "event": "done"})

    def _watched(self, act: Callable[[Watch], T], before: Callable[[], None] = lambda: None) -> T:
        """What a process gives; a plan that it needs and has not is built first, by another process.

        `before` is done before each that may give it: after a build of an hour the machine may be another one.
        """
        before()
        try:
            return act(self._watch(self._order))
        except Unplanned as missing:
            self._emit({"event": "building", "words": f"the plan: {missing}"})
        self._watch(replace(self._order, task=Task.BUILD)).build()
        before()
        try:
            return act(self._watch(self._order))
        except Unplanned as missing:
            words = f"a plan was built, and still {missing}"
            hint = "measure with --runtime onnxruntime, and report what the plan is told"
            raise Refusal({"event": "error", "cause": "refused", "message": words, "hint": hint}) from missing

    def _watch(self, order: Order) -> Watch:
        return Watch(order, self._command, self._emit, self._is_abandoned)
