"""The steps of a check timed one by one in this process, printed as JSON: where the overhead goes.

python -m benchmarks.pieces MODEL RES RUNTIME
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imports are a piece too
    from edgeprof.config import Request
    from edgeprof.core.measurement import Process
    from edgeprof.workflow.device import Device
    from edgeprof.workflow.process import Prepared
    from edgeprof.workflow.workshop import Workshop

_BARE_PYTHON = [sys.executable, "-c", "pass"]
_SAMPLES = 200


class Stopwatch:
    """Seconds since the last lap, each under a name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> float:
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now
        return self.laps[name]


def main() -> None:
    model, res, runtime = sys.argv[1:]
    watch = Stopwatch()
    subprocess.run(_BARE_PYTHON, check=True)
    watch.lap("a bare interpreter")
    for module in ("edgeprof.cli.app", "edgeprof.cli.check", "edgeprof.cli.reporting", "edgeprof.workflow.check"):
        import_module(module)
    from edgeprof.cli.request import request_of, workshop_of

    watch.lap("importing the command and its workflow")
    flags = {"models": (model,), "res": res, "runtime": runtime, "p99": "10s"}
    request = request_of(flags)
    workshop = workshop_of(quiet=True)
    watch.lap("reading the request")
    _measured(watch, request, workshop)
    print(json.dumps(watch.laps))


def _measured(watch: Stopwatch, request: Request, workshop: Workshop) -> None:
    from edgeprof.cli.reporting import Reporter
    from edgeprof.core.answer import Judged
    from edgeprof.core.machine import Machine
    from edgeprof.core.measurement import Measurement
    from edgeprof.core.verdict import judge
    from edgeprof.store import measurements
    from edgeprof.targets.bundle import bundle
    from edgeprof.workflow.device import open_device
    from edgeprof.workflow.prepare import prepare

    bundle(workshop.agents)
    watch.lap("packing the agent")
    with open_device(Machine("local"), workshop) as device:
        watch.lap("packing the agent, starting it, hearing what the device has")
        ready = prepare(request, request.models[0], device, workshop)
        watch.lap("artefact and parity out of the cache")
        process = _one_process(watch, device, ready.prepared)
    job, budget = ready.prepared.job, request.budget
    measurement = Measurement("pieces", "", "", job.model, job, request.plan, 0, (process,) * request.plan.processes)
    with tempfile.TemporaryDirectory() as folder:
        watch.lap("goodbye")
        measurements.save(measurement, Path(folder))
        watch.lap("saving")
    verdict = judge(measurement, budget)
    watch.lap("judging")
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        Reporter({}, quiet=False).take(Judged(measurement, budget, verdict, verdict.exit))
    watch.lap("the report")


def _one_process(watch: Stopwatch, device: Device, prepared: Prepared) -> Process:
    from edgeprof.agent import canary
    from edgeprof.core.codec import restore
    from edgeprof.core.measurement import Plan, Process
    from edgeprof.core.protocol import Order, Task
    from edgeprof.targets.conversation import conversation

    sampling = Plan(samples=_SAMPLES).sampling()
    watch.lap("before a process")
    canary.sing()
    watch.lap("a canary")
    artefact, inputs = prepared.placed(device)
    order = Order(Task.MEASURE, prepared.job, artefact, (inputs,), sampling=sampling)
    latencies_s: list[float] = []
    with conversation(device.target, device.agent, order) as events:
        for event in events:
            if event["event"] == "loading":
                watch.lap("a process: its agent starts, takes the lock, sings the canary")
            elif event["event"] == "warming":
                until_loaded_s = watch.lap("a process: its interpreter starts")
            elif event["event"] == "samples":
                latencies_s += event["latencies_s"]
                sampled_until_s = time.perf_counter()
        process = restore(Process, event["process"], "process")
    end_s = time.perf_counter() - sampled_until_s
    whole_s = watch.lap("a process: between its samples")
    watch.laps["a process: its interpreter starts"] = until_loaded_s - (process.load_s or 0.0)
    watch.laps["a process: between its samples"] = whole_s - end_s - sum(latencies_s)
    watch.laps["a process: from its last samples to the end, canary"] = end_s
    return replace(process, first_inference_s=latencies_s[0], samples_s=tuple(latencies_s[1:]))


if __name__ == "__main__":
    main()
