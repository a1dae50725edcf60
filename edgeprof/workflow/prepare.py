"""From a model's name to a job that is ready to be timed: exported, proved equal, its runtime chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from edgeprof.agent.runtimes import TORCHES
from edgeprof.config import Request
from edgeprof.convert import produce
from edgeprof.convert.int8 import quantisation_for
from edgeprof.convert.opset import opset_read_by
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import Source, resolve
from edgeprof.core.artefact import Artefact, Parity
from edgeprof.core.errors import AgentError, ConfigError, ConvertError, EdgeprofError, RuntimeUnavailable
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Job
from edgeprof.core.measurement import Ended, Lap
from edgeprof.core.resolution import size_words
from edgeprof.workflow.device import Device, FoundRuntime
from edgeprof.workflow.process import Prepared
from edgeprof.workflow.proof import Proved, prove
from edgeprof.workflow.race import race
from edgeprof.workflow.running import options_for
from edgeprof.workflow.workshop import Workshop

_TENSORRT = ("tensorrt", "onnxruntime-tensorrt")  # both parse with TensorRT's parser


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
    asides = _asides(request, source, device)
    for aside in asides:
        progress.say(aside)
    starts = [_start(request, model, device, workshop, *choice) for choice in _choices(request, source, device)]
    for note in dict.fromkeys(note for start in starts for note in start.artefact.notes):
        if note != source.note:
            progress.say(note)
    if len(starts) == 1:
        return _ready(request, model, (), asides, prove(starts[0], device, workshop, request.lock_timeout_s))
    laps = race(starts, device, progress, request.lock_timeout_s)
    return _ready(request, model, laps, asides, _fastest_proved(starts, laps, device, workshop, request.lock_timeout_s))


def _asides(request: Request, source: Source, device: Device) -> tuple[str, ...]:
    """What `auto` leaves out, and what would bring it in."""
    found = []
    if request.runtime == "auto" and source.kind != "fake":
        for runtime in device.runtimes:
            if runtime.name in request.raced and not runtime.is_usable:
                found.append(f"not raced: {runtime.name}, {_absence(runtime, device)}")
    if request.precision == "auto" and request.calibration and not _is_trained(request, source):
        found.append("int8 was left out: what it loses of random weights says nothing; add --weights, or name int8")
    return tuple(found)


def _absence(runtime: FoundRuntime, device: Device) -> str:
    if runtime.version is None:
        return f"not installed on {device.name}: {device.install(runtime)}"
    return f"{runtime.version} cannot run on {device.name}: {'; '.join(filter(None, (runtime.lack, runtime.remedy)))}"


def _ready(request: Request, model: str, laps: tuple[Lap, ...], asides: tuple[str, ...], proved: Proved) -> Ready:
    notes = (*request.notes, *asides, *proved.prepared.artefact.notes, *proved.notes)
    return Ready(model, proved.prepared, proved.parity, laps, notes)


def _start(request: Request, model: str, device: Device, workshop: Workshop, runtime: str, precision: str) -> Prepared:
    """One runtime at one precision, with the artefact that it takes."""
    recipe = recipe_of(request, model, runtime)
    if runtime in _TENSORRT:
        recipe = as_read_on(recipe, device.runtime(runtime))
    if precision == "fp16":
        recipe = replace(recipe, precision="fp16")
    if precision == "int8":
        recipe = _quantised(recipe, request, device, runtime)
    artefact = produce(recipe, workshop.cache, workshop.progress.show)
    _expect_taken(request, artefact)
    if precision == "fp32" and artefact.precision == "int8":
        precision = "int8"  # quantised elsewhere
    return _prepared(request, device, artefact, runtime, precision)


def prepared_for(request: Request, device: Device, artefact: Artefact, runtime: str) -> Prepared:
    """An artefact that is there already, to be proved on a runtime in the artefact's own types."""
    device.runtime(runtime)
    return _prepared(request, device, artefact, runtime, "int8" if artefact.precision == "int8" else "fp32")


def _quantised(recipe: Recipe, request: Request, device: Device, runtime: str) -> Recipe:
    how = quantisation_for(runtime, device.facts.machine or "", device.facts.cpu_flags)
    return replace(recipe, precision="int8", quantisation=how)


def _expect_taken(request: Request, artefact: Artefact) -> None:
    """A size or a batch that no input takes would be another question answered, and fps counts frames by the batch."""
    shapes = [tensor.shape for tensor in artefact.inputs]
    seen = ", ".join(map(str, artefact.inputs))
    height, width = request.resolution.height, request.resolution.width
    if height and width and not _takes(artefact, height, width):
        raise ConfigError(f"no input takes res {request.resolution}: {seen}", "leave --res out")
    if request.batch > 1 and not any(shape[:1] == (request.batch,) for shape in shapes):
        raise ConfigError(f"no input takes batch {request.batch}: {seen}", "leave --batch out")


def _takes(artefact: Artefact, height: int, width: int) -> bool:
    """A graph that takes camera frames resizes them to what its card says."""
    network = artefact.card.get("network")
    if network:
        return network == size_words(height, width)
    return any((height, width) in pairwise(tensor.shape) for tensor in artefact.inputs)


def _choices(request: Request, source: Source, device: Device) -> list[tuple[str, str]]:
    """Runtime and precision, one pair for each that may be measured."""
    name = request.runtime
    if source.kind == "fake" or name == "fake":
        if source.kind != "fake" or name not in ("auto", "fake"):
            raise ConfigError(f"{source.name} does not go with runtime {name}", "runtime fake takes .fake.json files")
        return [("fake", "fp32" if request.precision == "auto" else request.precision)]
    if name in TORCHES and source.kind == "onnx":
        raise ConfigError(f"{name} does not take an .onnx file", "name a timm model or a factory, or another --runtime")
    if name == "auto":
        if not request.raced:
            raise RuntimeUnavailable(
                f"the profile of {device.name} names no runtime that this version has",
                "name one: --runtime onnxruntime",
            )
        runtimes = [r for name in request.raced for r in device.runtimes if r.name == name and r.is_usable]
        if not runtimes:
            if _named(device, request.raced[0]).version:
                device.runtime(request.raced[0])  # it says what is missing besides
            raise RuntimeUnavailable(
                f"no runtime is installed on {device.name}", device.install(_named(device, request.raced[0]))
            )
    else:
        runtimes = [device.runtime(name)]
    pairs = [(r.name, p) for r in runtimes for p in r.precisions if _may_be(p, request, source)]
    if not pairs:
        if name == "auto" and not _named(device, request.raced[0]).is_usable:
            _miss(device, request.raced[0], runtimes[0].name)
        offered = ", ".join(f"{r.name}: {'/'.join(r.precisions)}" for r in runtimes)
        names = " and ".join(r.name for r in runtimes)
        raise RuntimeUnavailable(
            f"{names} on {device.name} cannot compute in {request.precision} ({offered})",
            "try --precision fp32, or --runtime auto",
        )
    return pairs


def _miss(device: Device, preferred: str, other: str) -> None:
    """The precision asked for is the preferred runtime's, and that is not to be had."""
    try:
        device.runtime(preferred)
    except RuntimeUnavailable as error:
        raise RuntimeUnavailable(error.message, f"{error.hint}; or measure on the cpu: --runtime {other}") from error


def _named(device: Device, name: str) -> FoundRuntime:
    return next(runtime for runtime in device.runtimes if runtime.name == name)


def _may_be(precision: str, request: Request, source: Source) -> bool:
    """What int8 loses of random frames, or of random weights, says nothing: auto does not choose by it."""
    if request.precision != "auto":
        return precision == request.precision
    return precision != "int8" or (request.calibration is not None and _is_trained(request, source))


def _is_trained(request: Request, source: Source) -> bool:
    return source.kind != "timm" or request.weights != "random"


def recipe_of(request: Request, model: str, runtime: str) -> Recipe:
    return Recipe(
        model=model,
        resolution=request.resolution,
        batch=request.batch,
        is_dynamic=request.is_dynamic,
        weights=request.weights,
        form="pt2" if runtime in TORCHES else "onnx",
        shapes=tuple(request.shapes.items()),
        inputs=tuple(request.inputs.items()),
        frame=request.frame,
        fit=request.fit,
        features=request.features,
        bgr=request.bgr,
        calibration=request.calibration or "",
    )


def as_read_on(recipe: Recipe, runtime: FoundRuntime) -> Recipe:
    """Where it is onnxruntime's, its version says nothing of the parser's opsets."""
    if runtime.name == "tensorrt":
        return as_read_by(recipe, (runtime.version or "").removeprefix("tensorrt "))
    return replace(recipe, reader="tensorrt")


def as_read_by(recipe: Recipe, tensorrt: str) -> Recipe:
    """In operators that TensorRT knows and the opset that this version reads; a file keeps its own opset."""
    recipe = replace(recipe, reader="tensorrt")
    return recipe if resolve(recipe.model).kind == "onnx" else replace(recipe, opset=opset_read_by(tensorrt))


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
        options=options_for(request, device, runtime),
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
) -> Proved:
    """The fastest in the race that computes what the model computes; a fast wrong one is passed over, and said."""
    finished = sorted((lap.median_s, i) for i, lap in enumerate(laps) if lap.median_s is not None)
    if not finished:  # the race said what became of each; the first one's own error tells which exit code is due
        return prove(starts[0], device, workshop, lock_timeout_s)
    passed_over: list[str] = []
    for _, i in finished:
        job = starts[i].job
        try:
            proved = prove(starts[i], device, workshop, lock_timeout_s)
            return replace(proved, notes=(*passed_over, *proved.notes))
        except (ConvertError, AgentError) as error:
            if isinstance(error, AgentError) and error.cause == Ended.OUT_OF_MEMORY.value:
                raise  # the model does not fit, whatever runs it
            passed_over.append(f"{job.runtime} {job.precision} was passed over: {error.message}")
            workshop.progress.say(passed_over[-1])
            last: EdgeprofError = error
    raise last
