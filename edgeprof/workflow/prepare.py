"""From a model's name to a job that is ready to be timed: exported, proved equal, its runtime chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from edgeprof.config import Request
from edgeprof.convert import produce
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import Source, resolve
from edgeprof.core.artefact import Artefact, Parity
from edgeprof.core.errors import AgentError, ConfigError, ConvertError, EdgeprofError, RuntimeUnavailable
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Job
from edgeprof.core.measurement import Ended, Lap
from edgeprof.workflow.device import Device
from edgeprof.workflow.process import Prepared
from edgeprof.workflow.proof import prove
from edgeprof.workflow.race import race
from edgeprof.workflow.workshop import Workshop


@dataclass(frozen=True)
class Ready:
    """What the measuring needs, and what it should record of the way here."""

    asked: str
    prepared: Prepared
    parity: Parity | None
    laps: tuple[Lap, ...]
    notes: tuple[str, ...]


def prepare(request: Request, model: str, device: Device, workshop: Workshop) -> Ready:
    """Everything before the measuring. Runtimes race before they are proved; nothing is measured that was not."""
    progress = workshop.progress
    source = resolve(model)
    if source.note:
        progress.say(source.note)
    choices = _choices(request, source, device)
    artefact = produce(recipe_of(request, model, choices[0][0]), workshop.cache, progress.show)
    _expect_taken(request, artefact)
    starts = [_prepared(request, device, artefact, *choice) for choice in choices]
    notes = (*request.notes, *artefact.notes)
    for note in artefact.notes:
        if note != source.note:
            progress.say(note)
    if len(starts) == 1:
        return Ready(model, starts[0], prove(starts[0], device, workshop, request.lock_timeout_s), (), notes)
    laps = race(starts, device, progress, request.lock_timeout_s)
    prepared, parity, passed_over = _fastest_proved(starts, laps, device, workshop, request.lock_timeout_s)
    return Ready(model, prepared, parity, laps, (*notes, *passed_over))


def _expect_taken(request: Request, artefact: Artefact) -> None:
    """A size or a batch that no input takes would be another question answered, and fps counts frames by the batch."""
    shapes = [tensor.shape for tensor in artefact.inputs]
    seen = ", ".join(map(str, artefact.inputs))
    height, width = request.resolution.height, request.resolution.width
    if height and width and not any((height, width) in pairwise(shape) for shape in shapes):
        raise ConfigError(f"no input takes res {request.resolution}: {seen}", "leave --res out")
    if request.batch > 1 and not any(shape[:1] == (request.batch,) for shape in shapes):
        raise ConfigError(f"no input takes batch {request.batch}: {seen}", "leave --batch out")


def _choices(request: Request, source: Source, device: Device) -> list[tuple[str, str]]:
    """Runtime and precision, one pair for each that may be measured."""
    name = request.runtime
    if source.kind == "fake" or name == "fake":
        if source.kind != "fake" or name not in ("auto", "fake"):
            raise ConfigError(f"{source.name} does not go with runtime {name}", "runtime fake takes .fake.json files")
        return [("fake", "fp32" if request.precision == "auto" else request.precision)]
    if name == "torch" and source.kind == "onnx":
        raise ConfigError("torch does not take an .onnx file", "name a timm model or a factory, or another --runtime")
    if name == "auto":
        if not request.raced:
            raise RuntimeUnavailable(
                f"the profile of {device.name} names no runtime that this version has",
                "name one: --runtime onnxruntime",
            )
        runtimes = [device.runtime(n) for n in request.raced if any(r.name == n and r.version for r in device.runtimes)]
        if not runtimes:
            raise RuntimeUnavailable(
                f"no runtime is installed on {device.name}", device.runtime(request.raced[0]).install
            )
    else:
        runtimes = [device.runtime(name)]
    pairs = [(r.name, p) for r in runtimes for p in r.precisions if request.precision in (p, "auto")]
    if not pairs:
        offered = ", ".join(f"{r.name}: {'/'.join(r.precisions)}" for r in runtimes)
        names = " and ".join(r.name for r in runtimes)
        raise RuntimeUnavailable(
            f"{names} on {device.name} cannot compute in {request.precision} ({offered})",
            "try --precision fp32, or --runtime auto",
        )
    return pairs


def recipe_of(request: Request, model: str, runtime: str) -> Recipe:
    return Recipe(
        model=model,
        resolution=request.resolution,
        batch=request.batch,
        weights=request.weights,
        form="pt2" if runtime == "torch" else "onnx",
        shapes=tuple(request.shapes.items()),
        inputs=tuple(request.inputs.items()),
    )


def _prepared(request: Request, device: Device, artefact: Artefact, runtime: str, precision: str) -> Prepared:
    inputs = tuple((name, Path(path)) for name, path in request.inputs.items())
    job = Job(
        model=artefact.model,
        artefact=artefact.digest,
        form=artefact.form,
        inputs=artefact.inputs,
        runtime=runtime,
        precision=precision,
        batch=_batch(request, artefact),
        device=device.name,
        threads=request.threads,
        input_files=tuple((name, digest_of_file(path)) for name, path in inputs),
    )
    return Prepared(job, artefact, inputs)


def _batch(request: Request, artefact: Artefact) -> int:
    """Frames an inference: what the first image has rows; of other shapes only the user knows which axis counts."""
    rows = next((tensor.shape[0] for tensor in artefact.inputs if len(tensor.shape) >= 4), None)
    return rows or request.batch


def _fastest_proved(
    starts: Sequence[Prepared],
    laps: Sequence[Lap],
    device: Device,
    workshop: Workshop,
    lock_timeout_s: float | None,
) -> tuple[Prepared, Parity | None, tuple[str, ...]]:
    """The fastest in the race that computes what the model computes; a fast wrong one is passed over, and said."""
    finished = sorted((lap.median_s, i) for i, lap in enumerate(laps) if lap.median_s is not None)
    if not finished:  # the race said what became of each; the first one's own error tells which exit code is due
        return starts[0], prove(starts[0], device, workshop, lock_timeout_s), ()
    passed_over: list[str] = []
    for _, i in finished:
        job = starts[i].job
        try:
            return starts[i], prove(starts[i], device, workshop, lock_timeout_s), tuple(passed_over)
        except (ConvertError, AgentError) as error:
            if isinstance(error, AgentError) and error.cause == Ended.OUT_OF_MEMORY.value:
                raise  # the model does not fit, whatever runs it
            passed_over.append(f"{job.runtime} {job.precision} was passed over: {error.message}")
            workshop.progress.say(passed_over[-1])
            last: EdgeprofError = error
    raise last
