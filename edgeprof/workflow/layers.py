"""`edgeprof layers`: a model measured as ever, and what each of its layers takes from a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.agent.runtimes import RUNTIMES, Layered, runtime_of
from edgeprof.analyze.graph import Graph, graph_of
from edgeprof.analyze.layers import layers_of
from edgeprof.config import Request
from edgeprof.core.answer import Refused
from edgeprof.core.codec import restore
from edgeprof.core.ending import ending_of
from edgeprof.core.errors import AgentError, EdgeprofError, RuntimeUnavailable
from edgeprof.core.layers import Profiled, ToldLayer, latency_of
from edgeprof.core.measurement import Measurement
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling
from edgeprof.targets.conversation import conversation
from edgeprof.targets.events import Event
from edgeprof.workflow.asking import with_second_chance
from edgeprof.workflow.conditions import device_for
from edgeprof.workflow.cool_down import CoolDown
from edgeprof.workflow.device import Device, holder, tell_of_wait
from edgeprof.workflow.measuring import measure_all
from edgeprof.workflow.prepare import prepare
from edgeprof.workflow.process import Prepared, expect_held
from edgeprof.workflow.progress import Progress
from edgeprof.workflow.workshop import Workshop

_MOST_S = 30.0  # of profiled frames
_LONGEST_S = 1e6
_SHORTEST_S = 1e-9  # a clock tells no less


def layers(request: Request, workshop: Workshop, frames: int) -> Iterator[Profiled | Refused]:
    """Each model's layers, or why there are none."""
    _expect_layered(request.runtime)
    with device_for(request, workshop) as (request, device):  # noqa: PLR1704 (the same, with notes of the device)
        cooling = CoolDown(device, is_on=request.cools_down)
        for model in request.models:
            try:
                yield _layers(request, model, device, workshop, cooling, frames)
            except EdgeprofError as error:
                yield Refused(model, error.message, error.hint, error.exit)


def _layers(
    request: Request, model: str, device: Device, workshop: Workshop, cooling: CoolDown, frames: int
) -> Profiled:
    ready = cooling.cooled(prepare(request, model, device, workshop), workshop.progress)
    prepared = ready.prepared
    _expect_layered(prepared.job.runtime)
    measurement, _ = measure_all(request, ready, device, workshop, None, lambda so_far: not _is_whole(so_far))
    if not _is_whole(measurement):
        process = measurement.processes[-1]
        raise AgentError(*ending_of("the process that is measured", process.ended, process.message))
    if latency_of(measurement) < _SHORTEST_S:
        raise AgentError("an inference took no time, so there is nothing to hold its layers against", cause="garbled")
    progress = workshop.progress
    profile = partial(_profile, prepared, device, frames, request.lock_timeout_s, progress)
    told, figures = with_second_chance(profile, progress)
    graph = graph_of(Path(prepared.artefact.path)) if prepared.artefact.form == "onnx" else Graph()
    rows = layers_of(prepared.job.runtime, told, graph)
    return Profiled(measurement, rows, **figures)


def _is_whole(measurement: Measurement) -> bool:
    return measurement.processes[-1].ended.is_whole and bool(measurement.processes[-1].samples_s)


def _expect_layered(name: str) -> None:
    """`auto` is known once it has been raced."""
    if name in RUNTIMES and not isinstance(runtime_of(name), Layered):
        able = ", ".join(each for each in RUNTIMES if each != "fake" and isinstance(runtime_of(each), Layered))
        raise RuntimeUnavailable(f"{name} tells no times of its layers", f"with --runtime one of {able}")


def _profile(
    prepared: Prepared, device: Device, frames: int, lock_timeout_s: float | None, progress: Progress
) -> tuple[list[ToldLayer], dict[str, Any]]:
    """The layers' rows, and what was seen of the frames."""
    artefact, inputs = prepared.placed(device)
    expect_held(device)
    order = Order(
        Task.LAYERS,
        prepared.job,
        artefact,
        (inputs,),
        sampling=Sampling(max_s=_MOST_S, samples=frames),
        holder=holder(f"{prepared.job.model}, layers"),
        lock_timeout_s=lock_timeout_s,
    )
    told: list[ToldLayer] = []
    with conversation(device.target, device.agent, order) as events:
        for event in events:
            tell_of_wait(event, progress)
            if event["event"] in ("loading", "warming"):
                progress.show(f"profiling, {event['event']}")
            elif event["event"] in ("layers", "done"):
                told += rows_of(event)
                if event["event"] == "done":
                    return told, figures_of(event, told)
    raise AgentError("the agent told no layers", cause="garbled")


def rows_of(event: Event) -> list[ToldLayer]:
    """What an agent tells of layers, looked at before anybody relies on it."""
    try:
        rows = [restore(ToldLayer, row, "layer") for row in event["rows"]]
    except (KeyError, TypeError, ValueError) as error:
        raise AgentError(f"the agent's layers are none: {error}", cause="garbled") from error
    for row in rows:
        if not 0 <= row.seconds < _LONGEST_S:
            raise AgentError(f"the agent says that {row.name} took {row.seconds} s", cause="garbled")
    return rows


def figures_of(event: Event, told: list[ToldLayer]) -> dict[str, Any]:
    """And of the frames."""
    try:
        figures = {
            "frames": int(event["frames"]),
            "frame_s": float(event["frame_s"]),
            "in_layers_s": float(event["in_layers_s"]),
            "tells_each_frame": bool(event["each_frame"]),
        }
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise AgentError(f"the agent's figures are none: {error}", cause="garbled") from error
    if figures["frames"] < 1:
        raise AgentError(f"the agent says that {figures['frames']} frames ran", cause="garbled")
    for name in ("frame_s", "in_layers_s"):
        if not 0 <= figures[name] < _LONGEST_S:
            raise AgentError(f"the agent says that {name} is {figures[name]}", cause="garbled")
    if not told:
        raise RuntimeUnavailable("the runtime told of no layer", "use another --runtime")
    return figures
