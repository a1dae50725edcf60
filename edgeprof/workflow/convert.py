"""`edgeprof convert`: a model as files for its runtimes, each proved equal as far as this machine can run it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgeprof.agent.trt.library import NAMES, found
from edgeprof.agent.trt.order import BuildOrder
from edgeprof.config import Request
from edgeprof.convert import known, produce
from edgeprof.convert.int8 import quantisation_for
from edgeprof.convert.openvino_ir import write_ir
from edgeprof.convert.plan import expect_buildable, plan_of
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import resolve
from edgeprof.core.answer import Refused
from edgeprof.core.artefact import Artefact, Parity
from edgeprof.core.errors import ConfigError, ConvertError, EdgeprofError
from edgeprof.core.machine import Machine
from edgeprof.core.resolution import size_words
from edgeprof.workflow.device import Device, open_device
from edgeprof.workflow.prepare import as_read_by, prepared_for, recipe_of
from edgeprof.workflow.proof import prove
from edgeprof.workflow.workshop import Workshop

# What each form is proved on here; TensorRT's plans run on a GPU alone.
PROVED_ON = {"onnx": "onnxruntime", "openvino": "openvino", "tensorrt": None}
_SUFFIXES = {"onnx": ".onnx", "openvino": ".xml", "tensorrt": ".plan"}
_LOG = "calibration.json"


@dataclass(frozen=True)
class Converted:
    """One form of one model; `files` are what was written for the user, the artefact itself first."""

    asked: str
    form: str
    artefact: Artefact
    parity: Parity | None
    files: tuple[Path, ...] = ()
    made: str = "now"  # the graph; above: for a form before this one; before: by an earlier command


@dataclass(frozen=True)
class NotMade(Refused):
    """One form of one model that could not be made."""

    form: str


def convert(
    request: Request,
    forms: Sequence[str],
    plan: BuildOrder,
    to: Path | None,
    workshop: Workshop,
    opset: int | None = None,
) -> Iterator[Converted | NotMade]:
    """Each form of each model as soon as it is made; without an opset in the one that its reader knows."""
    _expect_place(request, forms, to)
    if "tensorrt" in forms:
        expect_buildable(plan)
    graphs: set[str] = set()  # that this command made
    provers = tuple(dict.fromkeys(map(_proved_on, forms)))
    with open_device(Machine("local"), workshop, wanted=provers) as device:
        for prover in provers:  # a missing library is said before anything is made
            device.runtime(prover)
        for model in request.models:
            for form in forms:
                try:
                    recipe = _recipe(request, model, form, plan, opset, device)
                    graph, made = _graph(recipe, graphs, workshop)
                    yield _converted(request, graph, made, model, form, plan, to, device, workshop)
                except EdgeprofError as error:
                    yield NotMade(model, error.message, error.hint, error.exit, form)


def forms_of(words: str) -> tuple[str, ...]:
    """What `--to` asks for, each once."""
    forms = tuple(dict.fromkeys(word.strip() for word in words.split(",")))
    for form in forms:
        if form not in PROVED_ON:
            raise ConfigError(f'there is no form "{form}"', f"some of {', '.join(PROVED_ON)}", where="--to")
    return forms


def _recipe(request: Request, model: str, form: str, plan: BuildOrder, opset: int | None, device: Device) -> Recipe:
    kind = resolve(model).kind
    if opset is not None and kind == "onnx":
        from edgeprof.convert.onnx_file import expect_own_opset

        expect_own_opset(model, opset)
    recipe = replace(recipe_of(request, model, form), reader=form if form == "tensorrt" else "")
    # A plan for a card that is elsewhere is TensorRT-RTX's, whose versions are later ones.
    library = found(NAMES) if form == "tensorrt" and not plan.compute_capability else None
    if opset is not None and kind != "onnx":
        recipe = replace(recipe, opset=opset)
    elif library is not None and library.name == "tensorrt":
        recipe = as_read_by(recipe, library.version)
    if request.precision == "int8":
        how = quantisation_for(PROVED_ON[form] or form, device.facts.machine or "", device.facts.cpu_flags)
        recipe = replace(recipe, precision="int8", quantisation=how)
    elif request.precision == "fp16":
        recipe = replace(recipe, precision="fp16")
    return recipe


def _proved_on(form: str) -> str:
    return PROVED_ON[form] or "onnxruntime"


def _graph(recipe: Recipe, made_here: set[str], workshop: Workshop) -> tuple[Artefact, str]:
    """The graph of a form, and when it was made."""
    there = known(recipe, workshop.cache)
    graph = produce(recipe, workshop.cache, workshop.progress.show)
    if graph.form != "onnx":
        raise ConfigError(f'"{recipe.model}" is not converted', "name a timm model, an .onnx file or a factory")
    if there is None:
        made_here.add(graph.path)
        return graph, "now"
    return graph, "above" if graph.path in made_here else "before"


def _converted(
    request: Request,
    graph: Artefact,
    made: str,
    model: str,
    form: str,
    plan: BuildOrder,
    to: Path | None,
    device: Device,
    workshop: Workshop,
) -> Converted:
    prepared = prepared_for(request, device, graph, _proved_on(form))
    proved = prove(prepared, device, workshop, request.lock_timeout_s)
    artefact = replace(graph, notes=(*graph.notes, *proved.notes))
    if form == "tensorrt":
        built = plan_of(artefact, replace(plan, precision=artefact.precision), workshop.cache, workshop.progress.show)
        artefact = replace(built, notes=artefact.notes, card={**artefact.card, **built.card})
    log = Path(graph.path).parent / _LOG
    files = _written(artefact, log, form, _place(request, artefact, form, to), workshop) if to else ()
    return Converted(model, form, artefact, proved.parity, files, made)


def _expect_place(request: Request, forms: Sequence[str], to: Path | None) -> None:
    if request.precision not in ("fp32", "fp16", "int8"):
        raise ConfigError(f"a graph is not made in {request.precision}", "name fp32, fp16 or int8", where="--precision")
    several = len(request.models) * len(forms) > 1
    if to is not None and several and to.suffix in _SUFFIXES.values():
        raise ConfigError(f'"{to}" is one file, and several are made', "name a folder", where="--output")


def _place(request: Request, artefact: Artefact, form: str, to: Path | None) -> Path:
    """The file that was named, else one in the folder that was, by model, size, input and precision."""
    assert to
    suffix = _SUFFIXES[form]
    if to.suffix == suffix:
        return to
    asked = request.resolution
    size = f"-{size_words(asked.height, asked.width)}" if asked.height and asked.width else ""
    kind = ("-features" if request.features else "") + ("-frame" if request.frame else "")
    stem = Path(artefact.model).stem.replace(":", ".")
    return to / f"{stem}{size}{kind}-{artefact.precision}{suffix}"


def _written(artefact: Artefact, log: Path, form: str, place: Path, workshop: Workshop) -> tuple[Path, ...]:
    workshop.progress.show(f"writing {place}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if form == "openvino":
            files = [place, write_ir(Path(artefact.path), place)]
        else:
            files = [Path(shutil.copyfile(artefact.path, place))]
            files += [Path(shutil.copyfile(path, place.parent / Path(path).name)) for path in artefact.data]
        if log.is_file():  # each form has its own ranges
            files.append(Path(shutil.copyfile(log, place.with_name(f"{place.name}.{_LOG}"))))
    except OSError as error:
        raise ConvertError(f'"{place}" cannot be written: {error.strerror}', "name another --output") from error
    return tuple(files)
