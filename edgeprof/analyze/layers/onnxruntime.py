"""A layer of ONNX Runtime's profile: an operator of the graph as its optimisers left it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from edgeprof.analyze.graph import Graph, Node
from edgeprof.core.layers import DEPTHWISE, REFORMAT, Layer, ToldLayer

# Put in by its optimisers between layouts, and between a processor's memory and a card's.
_REFORMATS = ("ReorderInput", "ReorderOutput", "MemcpyFromHost", "MemcpyToHost")
_ALSO_A_MODELS = ("Transpose", "Cast")  # the same, where each node of the graph has a name and none has this
_NUMBERED = re.compile(r"_token_\d+$")  # node_Conv_506_token_1: made by an optimiser in the place of node_Conv_506
_IN_BLOCKS = "_nchwc"  # behind the name of the tensor that an operator in blocks of channels makes
_TYPES = {"float": "fp32", "float16": "fp16", "bfloat16": "bf16", "double": "fp64"}
_Shapes = Sequence[tuple[str, Sequence[int]]]


def layer_of(each: ToldLayer, graph: Graph) -> Layer:
    told, kind = each.told, str(each.told["op_name"])
    given, made = (_shapes(told.get(key, ())) for key in ("input_type_shape", "output_type_shape"))
    nodes = _nodes(each.name, kind, graph)
    is_moving = kind in _REFORMATS or (kind in _ALSO_A_MODELS and graph.is_named and not nodes)
    return Layer(
        name=each.name,
        type=kind,
        seconds=each.seconds,
        precision=_precision(given, made),
        memory_bytes=_memory(told),
        mark=REFORMAT if is_moving else DEPTHWISE if _is_depthwise(kind, given, nodes) else None,
        nodes=tuple(node.name for node in nodes),
        module=next((node.module for node in nodes if node.module), None),
        kernel=told.get("provider"),
    )


def _nodes(name: str, kind: str, graph: Graph) -> tuple[Node, ...]:
    if name.endswith(_IN_BLOCKS):
        return graph.fused_into(name.removesuffix(_IN_BLOCKS), kind)
    return graph.named(name) or graph.named(_NUMBERED.sub("", name))


def _shapes(told: Sequence[Mapping[str, Sequence[int]]]) -> _Shapes:
    return [(str(kind), shape) for each in told for kind, shape in each.items()]


def _precision(given: _Shapes, made: _Shapes) -> Optional[str]:
    """One type where it hands on what it takes, else both: fp32->uint8."""
    types = [_TYPES.get(shapes[0][0], shapes[0][0]) for shapes in (given, made) if shapes]
    return "->".join(dict.fromkeys(types)) or None


def _memory(told: Mapping[str, Any]) -> Optional[int]:
    sizes = [told.get("parameter_size"), told.get("output_size")]
    return None if None in sizes else sum(int(size) for size in sizes if size is not None)


def _is_depthwise(kind: str, given: _Shapes, nodes: tuple[Node, ...]) -> bool:
    """One channel a filter, of data that has several, be they first or last."""
    if "Conv" not in kind or "Transpose" in kind or not given or len(given[0][1]) < 3:
        return False
    data = given[0][1]
    channels = [length for length in (data[1], data[-1]) if length > 1]
    weights = next((shape for _, shape in given[1:] if len(shape) == len(data)), None)
    if weights is None:  # it tells no weights that it has packed anew, and the graph tells the groups
        return any(node.groups in channels for node in nodes)
    return weights[1] == 1 and any(weights[0] % length == 0 for length in channels)
