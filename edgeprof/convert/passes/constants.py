"""What the nodes compute from constants alone, computed once: a weight that is standardised on the way to each
convolution costs its time in every load, cannot be quantised, and hides from the passes behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgeprof.convert.ort import plain_session
from edgeprof.convert.passes.step import Pass, every_node, keep_nodes

# A quantised weight has to reach its runtime as one, and chance has to be drawn anew.
_LEFT_ALONE = ("QuantizeLinear", "DequantizeLinear", "Random", "Multinomial", "Bernoulli", "Sequence", "Optional")
_SMALL_BYTES = 1 << 20


def _apply(model: Any) -> int:
    graph = model.graph
    nodes = _constant_nodes(graph)
    if not nodes:
        return 0
    values = _worth_keeping(graph, nodes, _computed(model, nodes, _frontier(graph, nodes)))
    from onnx import numpy_helper

    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in values.items())
    kept = _still_needed(graph, nodes, set(values))
    gone = len(graph.node) - len(kept)
    keep_nodes(graph, kept)
    return gone


def _constant_nodes(graph: Any) -> dict[int, Any]:
    """By their place in the graph, which is in order."""
    fixed = {tensor.name for tensor in graph.initializer} - {value.name for value in graph.input} | {""}
    found = {}
    for place, node in enumerate(graph.node):
        within = any(attribute.g.node or attribute.graphs for attribute in node.attribute)
        if not node.domain and not within and not node.op_type.startswith(_LEFT_ALONE) and fixed.issuperset(node.input):
            found[place] = node
            fixed.update(node.output)
    return found


def _frontier(graph: Any, nodes: dict[int, Any]) -> list[str]:
    """Of what they make, the tensors that somebody else reads; an output of the graph stays a node's."""
    made = {name for node in nodes.values() for name in node.output if name}
    read = {name for place, node in enumerate(graph.node) if place not in nodes for name in _read_by(node)}
    return sorted((made & read) - {value.name for value in graph.output})


def _computed(model: Any, nodes: dict[int, Any], wanted: Sequence[str]) -> dict[str, Any]:
    import onnx

    if not wanted:
        return {}
    part = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    part.graph.name = "constants"
    part.graph.node.extend(nodes.values())
    read = {name for node in nodes.values() for name in node.input}
    part.graph.initializer.extend(tensor for tensor in model.graph.initializer if tensor.name in read)
    for name in wanted:
        part.graph.output.add().name = name
    session = plain_session(part.SerializeToString())
    return dict(zip(wanted, session.run(list(wanted), {}), strict=True))


def _worth_keeping(graph: Any, nodes: dict[int, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Not what would make the file larger: a table that a few numbers are expanded to stays a formula."""
    sizes = {tensor.name: tensor.ByteSize() for tensor in graph.initializer}
    makers = {name: node for node in nodes.values() for name in node.output}

    def made_of(name: str, seen: set[str]) -> int:
        if name in seen:
            return 0
        seen.add(name)
        maker = makers.get(name)
        return sum(made_of(other, seen) for other in maker.input) if maker is not None else sizes.get(name, 0)

    return {
        name: array
        for name, array in values.items()
        if hasattr(array, "nbytes") and array.nbytes <= max(_SMALL_BYTES, made_of(name, set()))
    }


def _still_needed(graph: Any, nodes: dict[int, Any], known: set[str]) -> list[Any]:
    """The graph's nodes without those that made only what is known now."""
    needed = {value.name for value in graph.output}
    kept = []
    for place, node in reversed(list(enumerate(graph.node))):
        if place in nodes and not needed.intersection(node.output):
            continue
        kept.append(node)
        needed.update(name for name in _read_by(node) if name not in known)
    return kept[::-1]


def _read_by(node: Any) -> list[str]:
    names = list(node.input)
    for attribute in node.attribute:
        for inner in [attribute.g, *attribute.graphs]:
            names += [name for each in every_node(inner) for name in each.input]
    return names


PASS = Pass("constants", "who quantises a weight, or scales it, has to find its numbers in the file", _apply)
