"""A constant scale for each channel behind a matrix product, multiplied into the product's own weights: onnxruntime
leaves a LayerScale where it is, and there it costs a read and a write of the whole feature map.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeprof.convert.passes.step import Pass, every_node, keep_nodes, read_instead


@dataclass(frozen=True)
class _Product:
    """MatMul and the Add of its bias; `channel` is the axis of its channels where the scale meets it."""

    matmul: Any
    add: Any
    channel: int
    rank: int | None  # None: the channels are on the last axis, whatever the rank


@dataclass(frozen=True)
class _Graph:
    makers: Mapping[str, Any]
    readers: Mapping[str, int]
    constants: Mapping[str, Any]

    @classmethod
    def of(cls, graph: Any) -> _Graph:
        readers = Counter(name for node in every_node(graph) for name in node.input)
        readers.update(value.name for value in graph.output)
        makers = {name: node for node in graph.node for name in node.output}
        return cls(makers, readers, {tensor.name: tensor for tensor in graph.initializer})

    def sole_maker(self, name: str, operator: str) -> Any:
        """The node of that kind that makes the tensor for one reader alone."""
        node = self.makers.get(name)
        return node if node is not None and node.op_type == operator and self.readers[name] == 1 else None

    def constant_of(self, node: Any) -> tuple[str, str] | None:
        """Of two inputs, the constant one and the other."""
        first, second = node.input
        if second in self.constants and first not in self.constants:
            return second, first
        return (first, second) if first in self.constants and second not in self.constants else None


def _apply(model: Any) -> int:
    graph = model.graph
    seen = _Graph.of(graph)
    outputs = {value.name for value in graph.output}
    gone: dict[str, str] = {}
    kept = []
    for node in graph.node:
        pair = seen.constant_of(node) if node.op_type == "Mul" else None
        if pair and node.output[0] not in outputs and _folds(graph, seen, *pair):
            gone[node.output[0]] = pair[1]
        else:
            kept.append(node)
    if gone:
        keep_nodes(graph, kept)
        read_instead(graph, gone)
    return len(gone)


def _folds(graph: Any, seen: _Graph, scale: str, scaled: str) -> bool:
    import numpy as np
    from onnx import TensorProto, numpy_helper

    product = _product(seen, scaled)
    if product is None or seen.constants[scale].data_type != TensorProto.FLOAT:
        return False
    weight, bias = (numpy_helper.to_array(seen.constants[name]) for name in _constants(seen, product))
    factors = _per_channel(numpy_helper.to_array(seen.constants[scale]), product, weight.shape[1])
    if factors is None:
        return False
    for node, values in ((product.matmul, weight), (product.add, bias)):
        name = f"{node.output[0]}_scaled"
        changed = (values.astype(np.float64) * factors).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(changed, name))
        node.input[:] = [name if each in seen.constants else each for each in node.input]
    return True


def _product(seen: _Graph, scaled: str) -> _Product | None:
    transpose = seen.sole_maker(scaled, "Transpose")
    add = seen.sole_maker(transpose.input[0] if transpose is not None else scaled, "Add")
    pair = seen.constant_of(add) if add is not None else None
    matmul = seen.sole_maker(pair[1], "MatMul") if pair else None
    if not pair or matmul is None or seen.readers[scaled] != 1 or matmul.input[1] not in seen.constants:
        return None
    dims = [list(seen.constants[name].dims) for name in (matmul.input[1], pair[0])]
    if len(dims[0]) != 2 or dims[1] != dims[0][1:]:
        return None
    if transpose is None:
        return _Product(matmul, add, -1, None)
    perm = list(transpose.attribute[0].ints) if transpose.attribute else []
    return _Product(matmul, add, perm.index(len(perm) - 1), len(perm)) if perm else None


def _constants(seen: _Graph, product: _Product) -> tuple[str, str]:
    pair = seen.constant_of(product.add)
    assert pair is not None
    return product.matmul.input[1], pair[0]


def _per_channel(scale: Any, product: _Product, channels: int) -> Any:
    """The scale as one figure a channel; None where it varies along anything else."""
    import numpy as np

    if scale.size == 1 and scale.ndim <= 1:
        return np.full(channels, scale.reshape(()))
    rank = product.rank or 2
    if scale.ndim > rank:
        return None
    shape = [1] * (rank - scale.ndim) + list(scale.shape)
    axis = product.channel % rank
    if shape[axis] != channels or scale.size != channels:
        return None
    return scale.reshape(-1)


PASS = Pass(
    "scales", "a LayerScale costs a read and a write of the whole feature map; in the weights it costs nothing", _apply
)
