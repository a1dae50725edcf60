"""Means over a whole feature map, written as the pool that they are: onnxruntime keeps its blocked layout through a
pool and reorders everything for a ReduceMean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeprof.convert.passes.step import Pass

_IMAGE = "NCHW"
_MAP = [2, 3]


def _apply(model: Any) -> int:
    from onnx import numpy_helper

    known = {tensor.name: tensor for tensor in model.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}
    ranks = _ranks(model)
    changed = 0
    for node in model.graph.node:
        if node.op_type != "ReduceMean" or ranks.get(node.input[0]) != len(_IMAGE) or _is_square(makers, node):
            continue
        attributes = {attribute.name: attribute for attribute in node.attribute}
        axes = list(attributes["axes"].ints) if "axes" in attributes else []
        if len(node.input) > 1 and node.input[1] in known:
            axes = numpy_helper.to_array(known[node.input[1]]).tolist()
        keeps = attributes["keepdims"].i if "keepdims" in attributes else 1
        if keeps and sorted(axis % len(_IMAGE) for axis in axes) == _MAP:
            node.op_type = "GlobalAveragePool"
            del node.input[1:]
            del node.attribute[:]
            changed += 1
    return changed


def _is_square(makers: Mapping[str, Any], node: Any) -> bool:
    """A mean of squares belongs to a normalisation, and whoever looks for one looks for a ReduceMean."""
    maker = makers.get(node.input[0])
    return maker is not None and (maker.op_type == "Pow" or (maker.op_type == "Mul" and len(set(maker.input)) == 1))


def _ranks(model: Any) -> dict[str, int]:
    from onnx import shape_inference

    graph = shape_inference.infer_shapes(model).graph
    values = [*graph.value_info, *graph.input, *graph.output]
    return {value.name: len(value.type.tensor_type.shape.dim) for value in values}


PASS = Pass("pools", "onnxruntime keeps its blocked layout through a pool, not through a ReduceMean", _apply)
