"""Bring the plan that was judged here: it, and no other build of it, is what ships."""

from __future__ import annotations

import os
from pathlib import Path

from edgeprof.agent.runtimes import OTHERS_ON_CARDS, Compiling, runtime_of
from edgeprof.config import Request
from edgeprof.core.errors import AgentError, ConfigError, TargetError
from edgeprof.core.files import digest_of_bytes, write_atomically
from edgeprof.core.measurement import Measurement
from edgeprof.workflow.device import Device

_FLAG = "--save-plan"


def expect_savable(request: Request, to: Path | None) -> None:
    """Before anything is measured; ConfigError where there would be no plan, or not one."""
    if to is None:
        return
    runtimes = request.raced if request.runtime == "auto" else (request.runtime,)
    if not any(isinstance(runtime_of(name), Compiling) for name in runtimes if name not in OTHERS_ON_CARDS):
        raise ConfigError(f"{' or '.join(runtimes)} builds no plan", "add --runtime tensorrt", where=_FLAG)
    if len(request.models) > 1:
        raise ConfigError(f"{len(request.models)} models are named", "check them one by one", where=_FLAG)
    if request.running.builds > 1:
        raise ConfigError(f"{request.running.builds} builds are judged together", "leave --builds out", where=_FLAG)
    if to.is_dir() or not os.access(to.absolute().parent, os.W_OK):
        raise ConfigError(f'"{to}" cannot be written', "name a file in a folder that is there", where=_FLAG)


def save_plan(measurement: Measurement, device: Device, to: Path) -> str | None:
    """The plan of its processes, written to `to`; where it was written, None where none was as much as loaded."""
    plans = {p.plan_digest: p.plan_path for p in measurement.processes if p.plan_digest and p.plan_path}
    if not plans and not any(process.ended.is_whole for process in measurement.processes):
        return None  # the answer says what became of it
    if not plans:
        raise ConfigError(f"{measurement.job.runtime} was measured, which builds no plan", "add --runtime tensorrt")
    (digest, path), *others = plans.items()
    if others:
        raise AgentError("the plan was built again between processes, so that none was judged alone", "run it again")
    try:
        content = device.target.fetch(path).read_bytes()
    except (OSError, TargetError) as error:
        words = error.message if isinstance(error, TargetError) else error.strerror
        raise AgentError(
            f'"{path}" on {device.name} cannot be read: {words}', "run it again without --reuse"
        ) from error
    if digest_of_bytes(content) != digest:
        raise AgentError(f'"{path}" on {device.name} is another plan than was measured', "run it again without --reuse")
    try:
        write_atomically(to, content)
    except OSError as error:
        raise ConfigError(f'"{to}" cannot be written: {error.strerror}', "name another file", where=_FLAG) from error
    return str(to)
