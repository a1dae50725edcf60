"""The options that a job takes along for TensorRT: what was asked for, trtexec's defaults, else a camera pipeline's."""

from __future__ import annotations

from dataclasses import replace

from edgeprof.agent.trt.switches import Switches, like_trtexec, switches_of
from edgeprof.config import Request
from edgeprof.config.running import options_say
from edgeprof.core.job import Job
from edgeprof.workflow.device import Device


def options_for(request: Request, device: Device) -> tuple[tuple[str, str], ...]:
    """All of the three that change what a sample holds; they are recorded with every number."""
    running = request.running
    usual = like_trtexec(device.runtime("tensorrt").version or "") if running.like else Switches()
    asked = replace(usual, gpu=request.machine.card or 0)
    return replace(asked, **options_say(running)).options


def of_process(job: Job, number: int) -> Job:
    """The job as a process of that number, from 0, gets it: several builds of a plan take turns."""
    if job.runtime != "tensorrt":
        return job
    switches = switches_of(job.options)
    if switches.builds == 1:
        return job
    return replace(job, options=replace(switches, build=number % switches.builds).options)
