"""The casts between a graph's float16 and float32 parts: each made once, none that would round what never was float16.

onnxruntime's converter (1.31) casts every float32 operator's outputs to float16 and its inputs back, so that between
two of them a number that float16 cannot hold is lost after all; it repeats a cast for each reader under one name; and
it appends them all at the end, where OpenVINO and the checker expect them before their readers.
"""

from __future__ import annotations

from collections import Counter
from graphlib import TopologicalSorter
from typing import Any

_FLOAT32, _FLOAT16 = 1, 10  # TensorProto's numbers


def named(graph: Any) -> None:
    """Give every node a name of its own, by which it can be picked out."""
    taken = Counter(node.name for node in graph.node)
    for place, node in enumerate(graph.node):
        if not node.name or taken[node.name] > 1:
            node.name = f"{node.op_type}_at_{place}_{node.name}".rstrip("_")


def tidied(graph: Any, own: set[str]) -> None:
    """Put the casts that the converter added in order; `own` are the nodes that were there before."""
    added = {node.output[0]: node for node in graph.node if node.op_type == "Cast" and node.name not in own}
    outputs = {value.name for value in graph.output}
    instead: dict[str, str] = {}
    for cast in list(added.values()):
        narrow = added.get(cast.input[0])
        if _to(cast) == _FLOAT32 and narrow is not None and _to(narrow) == _FLOAT16:
            if cast.output[0] in outputs:  # whose name must stay, so what is cast takes it
                instead[narrow.input[0]] = cast.output[0]
                del added[cast.output[0]]
            else:
                instead[cast.output[0]] = narrow.input[0]
    nodes = [node for node in graph.node if node.name in own]
    for node in (*nodes, *added.values()):
        node.input[:] = [_renamed(name, instead) for name in node.input]
        node.output[:] = [instead.get(name, name) if node.name in own else name for name in node.output]
    needed = _needed(nodes, added, outputs)
    _name_again(nodes, needed, {name: cast for name, cast in added.items() if cast.input[0] not in outputs})
    ordered = _ordered([*nodes, *needed.values()])
    del graph.node[:]
    graph.node.extend(ordered)


def _renamed(name: str, instead: dict[str, str]) -> str:
    while name in instead:
        name = instead[name]
    return name


def _to(cast: Any) -> int:
    return next(int(attribute.i) for attribute in cast.attribute if attribute.name == "to")


def _name_again(nodes: list[Any], needed: dict[str, Any], added: dict[str, Any]) -> None:
    """What is float32 for all of its readers gets the name back that its float16 copy would have had."""
    made = {name for node in nodes for name in node.output}
    own = {cast.input[0]: name for name, cast in added.items() if name not in needed and cast.input[0] in made}
    for node in (*nodes, *needed.values()):
        node.input[:] = [own.get(name, name) for name in node.input]
        if node.output[0] not in needed:
            node.output[:] = [own.get(name, name) for name in node.output]


def _needed(nodes: list[Any], added: dict[str, Any], outputs: set[str]) -> dict[str, Any]:
    """The casts that something reads, at last an output of the graph."""
    wanted = {name for node in nodes for name in node.input} | outputs
    needed: dict[str, Any] = {}
    waiting = [name for name in added if name in wanted]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = added[name]
            waiting += [source for source in added[name].input if source in added]
    return {name: cast for name, cast in added.items() if name in needed}


def _ordered(nodes: list[Any]) -> list[Any]:
    makers = {name: place for place, node in enumerate(nodes) for name in node.output if name}
    before = {
        place: [makers[name] for name in node.input if name in makers and makers[name] != place]
        for place, node in enumerate(nodes)
    }
    # Copies: emptying the graph's own list ends the nodes in it.
    return [_copy(nodes[place]) for place in TopologicalSorter(before).static_order()]


def _copy(node: Any) -> Any:
    copied = type(node)()
    copied.CopyFrom(node)
    return copied
