"""The options that a job takes along for a card: what was asked for, trtexec's defaults, else a camera pipeline's."""

from __future__ import annotations

from dataclasses import replace

from edgeprof.agent.cuda.switches import Switches, like_trtexec, switches_of
from edgeprof.agent.runtimes import ON_CARDS
from edgeprof.config import Request
from edgeprof.config.running import options_say
from edgeprof.core.job import Job
from edgeprof.workflow.device import Device


def options_for(request: Request, device: Device, runtime: str) -> tuple[tuple[str, str], ...]:
    """All of the three that change what a sample holds on a card; they are recorded with every number."""
    if runtime not in ON_CARDS:
        return ()
    running, is_plan = request.running, runtime == "tensorrt"
    usual = Switches(graph=is_plan)  # other runtimes' graphs are only made when they are asked for
    if is_plan and running.like:
        usual = like_trtexec(device.runtime(runtime).version or "")
    machine = request.machine
    number = machine.name.partition(":")[2] if machine.card is not None else ""  # gpu:0 names one, gpu takes any
    asked = replace(usual, gpu=number)
    return replace(asked, **options_say(running, runtime)).options


def of_process(job: Job, number: int) -> Job:
    """The job as a process of that number, from 0, gets it: several builds of a plan take turns."""
    if job.runtime != "tensorrt":
        return job
    switches = switches_of(job.options)
    if switches.builds == 1:
        return job
    return replace(job, options=replace(switches, build=number % switches.builds).options)
