"""The first node at which a runtime's answer leaves the reference, and what is to blame there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from edgeprof.convert.optimizers import OPTIMIZERS, narrowest
from edgeprof.convert.parity import VARYING, relative_l2, tolerance_of
from edgeprof.convert.suspect import JUDGE, LEVELS, Suspect, answer, deployed
from edgeprof.convert.wiring import Wiring
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConvertError

_STEEP = 10.0


@dataclass(frozen=True)
class Divergence:
    node: str
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    relative_l2: float  # of what it computes
    before: float  # of the worst that it is given


@dataclass(frozen=True)
class Explanation:
    runtime: str  # with its setting, or the graph that was derived
    relative_l2: float  # of the outputs, at worst
    tolerance: float
    first: Optional[Divergence] = None  # None where nothing diverges, or the graph itself does
    level: Optional[str] = None  # the lowest of onnxruntime's levels that breaks
    optimizers: tuple[str, ...] = ()  # those that have to be switched off for the outputs to hold
    hint: str = ""


@dataclass(frozen=True)
class _Set:
    """One reference in memory."""

    arrays: Mapping[str, Any]
    expected: Sequence[Any]


def explain(
    artefact: Artefact,
    runtime: str,
    precision: str,
    disabled: Sequence[str] = (),
    made_from: Artefact | None = None,
) -> Explanation:
    """Why the runtime does not compute what the artefact's source computed.

    `made_from` is the fp32 artefact that one of another precision was derived from, for where its graph is to blame.
    """
    suspect = deployed(runtime, precision, disabled)
    model, sets, tolerance = _loaded(artefact), _sets(artefact), tolerance_of(artefact, precision)
    distances = [_outputs_apart(artefact, model, suspect, [each]) for each in sets]
    worst = max(distances)
    seen = sets[distances.index(worst)]
    if worst <= tolerance:
        return Explanation(str(suspect), worst, tolerance, hint="its outputs hold: nothing is to be explained")
    if _outputs_apart(artefact, model, JUDGE, [seen]) > tolerance:
        return _of_the_graph(artefact, model, made_from, seen, tolerance)
    first = _first(artefact, (model, JUDGE), (model, suspect), seen, tolerance)
    level: str | None = None
    culprits: tuple[str, ...] = ()
    if runtime == "onnxruntime":
        level = next((at for at in LEVELS if _breaks(artefact, model, Suspect(runtime, at), [seen], tolerance)), None)
        culprits = _culprits(artefact, model, sets, tolerance) if level else ()
    return Explanation(
        str(suspect), worst, tolerance, first, level, culprits, _hint(runtime, precision, first, culprits)
    )


def remedy(artefact: Artefact) -> tuple[str, ...]:
    """The optimisers without which onnxruntime agrees; none where it agrees as it is, or they are not to blame."""
    model, sets, tolerance = _loaded(artefact), _sets(artefact), tolerance_of(artefact, artefact.precision)
    if not _breaks(artefact, model, Suspect("onnxruntime", "all"), sets, tolerance):
        return ()
    return _culprits(artefact, model, sets, tolerance)


def _of_the_graph(
    artefact: Artefact, model: Any, made_from: Artefact | None, seen: _Set, tolerance: float
) -> Explanation:
    """Of a graph that is wrong before any runtime rewrites it: the first node that its own precision changes."""
    name, worst = f"{artefact.precision} graph", _outputs_apart(artefact, model, JUDGE, [seen])
    if made_from is None:
        hint = "the graph itself differs from its source, whoever runs it: try --res native, or other --weights"
        return Explanation(name, worst, tolerance, hint=hint)
    first = _first(artefact, (_loaded(made_from), JUDGE), (model, JUDGE), seen, tolerance)
    return Explanation(name, worst, tolerance, first, hint=_hint("", artefact.precision, first, ()))


def _culprits(artefact: Artefact, model: Any, sets: Sequence[_Set], tolerance: float) -> tuple[str, ...]:
    def repairs(disabled: Sequence[str]) -> bool:
        return not _breaks(artefact, model, Suspect("onnxruntime", "all", tuple(disabled)), sets, tolerance)

    return narrowest(OPTIMIZERS, repairs)


def _breaks(artefact: Artefact, model: Any, suspect: Suspect, sets: Sequence[_Set], tolerance: float) -> bool:
    return _outputs_apart(artefact, model, suspect, sets) > tolerance


def _outputs_apart(artefact: Artefact, model: Any, suspect: Suspect, sets: Sequence[_Set]) -> float:
    """The largest relative L2 between what the source computed and what the suspect does."""
    seen = [(each.expected, list(answer(suspect, model, each.arrays).values())) for each in sets]
    return max(_apart(expected[at], given[at]) for expected, given in seen for at in _compared(artefact))


def _first(
    artefact: Artefact, sound: tuple[Any, Suspect], wrong: tuple[Any, Suspect], seen: _Set, tolerance: float
) -> Divergence:
    """The first node, by halves, whose tensors come out otherwise from the one graph and suspect than from the other.

    Tensors are looked at one node at a time: what is exposed cannot be fused away, so to expose everything at once
    would heal what is looked for.
    """
    (model, judge), (changed, suspect) = sound, wrong
    wiring = Wiring.of(model, changed)
    known: dict[int, float] = {}

    def apart(names: Sequence[str]) -> dict[str, float]:
        expected, given = answer(judge, model, seen.arrays, names), answer(suspect, changed, seen.arrays, names)
        return {name: _apart(expected[name], given[name]) for name in names}

    def distance(node: int) -> float:
        if node not in known:
            known[node] = max(apart(wiring.outputs(node)).values(), default=0.0)
        return known[node]

    outputs = apart([artefact.outputs[place].name for place in _compared(artefact)])
    name, worst = max(outputs.items(), key=lambda item: item[1])
    last, threshold = wiring.maker(name), min(tolerance, worst)
    known[last] = worst
    found = walk_back(last, wiring, lambda node: distance(node) >= threshold)
    node = model.graph.node[found]
    return Divergence(
        node.name or f"the {found + 1}th",
        node.op_type,
        tuple(node.input),
        tuple(node.output),
        distance(found),
        max((distance(feeder) for feeder in wiring.feeders(found)), default=0.0),
    )


def walk_back(last: int, wiring: Wiring, diverges: Callable[[int], bool]) -> int:
    """A node that diverges though nothing that it is given does; `last` is known to diverge."""
    while True:
        path = wiring.path_to(last)
        sound, found = -1, len(path) - 1
        while found - sound > 1:
            middle = (sound + found) // 2
            if diverges(path[middle]):
                found = middle
            else:
                sound = middle
        # Its neighbour in the order was sound, but may lie on another branch.
        given = [feeder for feeder in wiring.feeders(path[found]) if diverges(feeder)]
        if not given:
            return path[found]
        last = given[0]


def _hint(runtime: str, precision: str, first: Divergence, culprits: Sequence[str]) -> str:
    if culprits:
        return f"{', '.join(culprits)} of onnxruntime is wrong here: check switches it off for this artefact"
    if precision != "fp32":
        gradual = first.before * _STEEP > first.relative_l2
        grows = "the error grows from node to node" if gradual else f"{first.operator} loses it"
        return f"{grows}: try --precision fp32"
    other = "openvino" if runtime == "onnxruntime" else "onnxruntime"
    return f"try --runtime {other}"


def _compared(artefact: Artefact) -> list[int]:
    """The places of the outputs that parity compares: those of a fixed shape, where there are any."""
    fixed = [VARYING not in output.shape for output in artefact.outputs]
    return [place for place, is_fixed in enumerate(fixed) if is_fixed or not any(fixed)]


def _apart(expected: Any, given: Any) -> float:
    return relative_l2(expected, given) if expected.shape == given.shape else math.inf


def _loaded(artefact: Artefact) -> Any:
    if artefact.form != "onnx":
        raise ConvertError(f"{artefact.form} has no nodes to look at", "only an ONNX graph can be explained")
    if artefact.data:
        raise ConvertError(
            "a graph whose weights lie in a file of their own is not taken apart", "try another --runtime"
        )
    import onnx

    return onnx.load(artefact.path)


def _sets(artefact: Artefact) -> list[_Set]:
    import numpy as np

    if not artefact.references:
        raise ConvertError(f"{artefact.model} has no reference outputs to compare with")
    return [
        _Set(
            {tensor.name: np.load(path) for tensor, path in zip(artefact.inputs, each.inputs, strict=True)},
            [np.load(path) for path in each.outputs],
        )
        for each in artefact.references
    ]
