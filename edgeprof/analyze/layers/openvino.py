"""A layer of OpenVINO's counters: a primitive, with the operators of the graph that were fused into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from edgeprof.analyze.graph import Graph
from edgeprof.core.layers import DEPTHWISE, REFORMAT, Layer, ToldLayer

_TYPES = {"f32": "fp32", "f16": "fp16", "i8": "int8", "u8": "uint8", "f64": "fp64", "i32": "int32", "i64": "int64"}
_GROUPED = "GroupConvolution"


def layer_of(each: ToldLayer, graph: Graph) -> Layer:
    told, kind = each.told, str(each.told["type"])
    nodes = graph.named(*str(told.get("originalLayersNames", "")).split(","))
    precision = told.get("runtimePrecision")
    return Layer(
        name=each.name,
        type=nodes[0].type if nodes and nodes[0].type != "Constant" else kind,
        seconds=each.seconds,
        precision=_TYPES.get(str(precision), precision),
        mark=REFORMAT if kind == "Reorder" else DEPTHWISE if _is_depthwise(kind, told) else None,
        nodes=tuple(node.name for node in nodes),
        module=next((node.module for node in nodes if node.module), None),
        kernel=_text(told.get("kernel")),
    )


def _is_depthwise(kind: str, told: Mapping[str, Any]) -> bool:
    """As many groups as channels: the data are N, C, H, W and the weights groups, outputs, inputs of each, H, W."""
    shapes = told.get("shapes", ())
    if kind != _GROUPED or len(shapes) < 2 or len(shapes[1]) != len(shapes[0]) + 1:
        return False
    return bool(shapes[1][0] == shapes[0][1] > 1 and shapes[1][2] == 1)


def _text(value: object) -> Optional[str]:
    return None if value is None else str(value)
