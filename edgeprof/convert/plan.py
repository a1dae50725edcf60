"""From an artefact to a TensorRT plan: out of the cache where it is there, else built by the worker and kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeprof.agent.trt import timing
from edgeprof.agent.trt.library import INSTALL, NAMES, Library, found
from edgeprof.agent.trt.network import counts_in_words
from edgeprof.agent.trt.order import BuildOrder, Built, BuiltFor, ShapeRange, capability_of, expect_sound, key_of
from edgeprof.convert import process
from edgeprof.convert.cache import Cache
from edgeprof.core.artefact import Artefact
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.files import write_atomically

FORM = "plan"
_PLAN = "model.plan"
_BUILT = "built.json"
_BUILDS = "builds of plans"


def plan_of(
    artefact: Artefact, order: BuildOrder, cache: Cache, say: Callable[[str], None], card: BuiltFor | None = None
) -> Artefact:
    """The plan as an artefact of form `plan`; `card` is this machine's GPU, looked for where the order names no other.

    `say` hears what is being done in a few words, and nothing on a cache hit.
    """
    if card is None and not order.compute_capability:
        card = _card_here()
    order, library = _settled(artefact, order, card)
    card = None if order.compute_capability else card
    key = key_of(artefact.digest, order, library, card)
    return _with_batches(cache.find(key, say) or _make(artefact, order, library, cache, say, card), artefact, order)


def plans_of(
    artefact: Artefact,
    order: BuildOrder,
    builds: int,
    cache: Cache,
    say: Callable[[str], None],
    card: BuiltFor | None = None,
) -> list[Artefact]:
    """So many builds of the same plan: how they differ is what the builder's own timing leaves to chance."""
    return [plan_of(artefact, replace(order, number=number), cache, say, card) for number in range(builds)]


def built_of(plan: Artefact) -> Built:
    """All that the builder told of a plan out of the cache, layer by layer."""
    return _read(Path(plan.path).parent)


def make(task: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """The worker's part: build into the task's folder."""
    from edgeprof.agent.trt.build import build

    order = restore(BuildOrder, task["build"])
    folder = Path(task["folder"])

    def hear(phase: str, done: int, steps: int) -> None:
        say(f"{phase}: {done} of {steps}")

    built = build(order, Path(task["onnx"]), folder / _PLAN, Path(task["timings"]), hear)
    write_atomically(folder / _BUILT, json.dumps(plain(built)))
    return {}


def expect_buildable(order: BuildOrder) -> None:
    """Refuse what cannot be built here, whatever the graph: before there is one."""
    _library_for(order, None if order.compute_capability else _card_here())


def _settled(artefact: Artefact, order: BuildOrder, card: BuiltFor | None) -> tuple[BuildOrder, Library]:
    """The order with all that it left open decided; what cannot be built is refused before a process is started."""
    if artefact.form != "onnx":
        raise ConvertError(f"tensorrt reads onnx, not {artefact.form}", "use another --runtime")
    library = _library_for(order, card)
    if order.compute_capability:
        order = replace(order, compute_capability=capability_of(order.compute_capability))
    if artefact.is_dynamic and not order.shapes:
        order = replace(order, shapes=_ranges(artefact))
    return replace(order, library=library.name), library


def _library_for(order: BuildOrder, card: BuiltFor | None) -> Library:
    expect_sound(order)
    if card is None and not order.compute_capability:
        raise RuntimeUnavailable(
            "there is no NVIDIA card here to build a plan for",
            "build on the device, or for an RTX card that is elsewhere: --compute-capability 8.9",
        )
    # Only TensorRT-RTX builds for a card that is elsewhere.
    names = NAMES[1:] if order.compute_capability else NAMES
    library = found([order.library] if order.library in NAMES else names)
    if library is None:
        raise RuntimeUnavailable(f"none of {', '.join(names)} is installed", INSTALL)
    return library


def _ranges(artefact: Artefact) -> tuple[ShapeRange, ...]:
    """Of an open batch: from one to as many as the artefact was proved at, and fastest there."""
    return tuple(
        ShapeRange(tensor.name, (1, *tensor.shape[1:]), tensor.shape, tensor.shape) for tensor in artefact.inputs
    )


def _with_batches(plan: Artefact, artefact: Artefact, order: BuildOrder) -> Artefact:
    """Told of the batches that it takes, which are fewer than its graph does."""
    if not artefact.is_dynamic:
        return plan
    least, best, most = (shape[0] for shape in (order.shapes[0].least, order.shapes[0].best, order.shapes[0].most))
    batches = str(most) if least == most else f"{least} to {most}"
    proved = artefact.card.get("batch", "").removeprefix("dynamic, ")
    words = f"takes {batches}, built for {best}" + (f"; the graph was {proved}" if proved else "")
    return replace(plan, is_dynamic=least != most, card={**plan.card, "batches": batches, "batch": words})


def _card_here() -> BuiltFor | None:
    from edgeprof.agent import cuda
    from edgeprof.agent.trt.plans import card_for

    gpu = cuda.first()
    return card_for(gpu) if gpu else None


def _make(
    artefact: Artefact,
    order: BuildOrder,
    library: Library,
    cache: Cache,
    say: Callable[[str], None],
    card: BuiltFor | None,
) -> Artefact:
    key = key_of(artefact.digest, order, library, card)
    place = order.compute_capability or (card.name if card else "")
    # Whatever they are of: two builds would disturb each other's timing of kernels, and may want all of the memory.
    with cache.alone(_BUILDS, say), cache.workspace() as folder:
        there = cache.find(key, say)  # whoever we waited for may have built it
        if there:
            return there
        say(f"building with {library} for {place}")
        task = {
            "order": "plan",
            "build": plain(order),
            "onnx": artefact.path,
            "folder": str(folder),
            "timings": str(timing.path_in(cache.root / "timings", library, place)),
        }
        process.ask(task, say)
        return cache.keep(key, folder, _described(artefact, _read(folder), place), say)


def _read(folder: Path) -> Built:
    return restore(Built, json.loads((folder / _BUILT).read_bytes()))


def _described(artefact: Artefact, built: Built, place: str) -> Artefact:
    return Artefact(
        model=artefact.model,
        source=artefact.source,
        form=FORM,
        path=_PLAN,
        digest=built.digest,
        size_bytes=built.size_bytes,
        precision=built.precision,
        inputs=artefact.inputs if artefact.is_dynamic else built.inputs,
        outputs=artefact.outputs if artefact.is_dynamic else built.outputs,
        references=(),
        tolerance=artefact.tolerance,
        sensitivity=artefact.sensitivity,
        notes=artefact.notes,
        card={**artefact.card, **_card(artefact, built, place)},
    )


def _card(artefact: Artefact, built: Built, place: str) -> dict[str, str]:
    told = {
        "tensorrt": str(built.library),
        "built for": place,
        "built from": artefact.digest,
        "typing": "strong" if built.strongly_typed else "the builder's choice",
        "layers": str(len(built.layers)),
        "layers by precision": counts_in_words(built.precisions),
        "tf32": None if built.tf32 is None else ("allowed" if built.tf32 else "off"),
        "weights_bytes": _words(built.weights_bytes),
        "activation_bytes": _words(built.activation_bytes),
        "scratch_bytes": _words(built.scratch_bytes),
        "build_s": f"{built.seconds:.3f}",
    }
    return {name: words for name, words in told.items() if words is not None}


def _words(number: int | None) -> str | None:
    return None if number is None else str(number)
