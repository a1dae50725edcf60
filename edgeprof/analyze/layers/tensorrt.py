"""A layer of TensorRT's profile, with what the plan tells of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from edgeprof.agent.trt.loaded import precision_in
from edgeprof.analyze.graph import Graph
from edgeprof.core.layers import DEPTHWISE, REFORMAT, Layer, ToldLayer

_NODE = re.compile(r"\[ONNX Layer: ([^\]]+)\]")  # [ONNX Layer: /conv1/Conv][ONNX Layer: /relu/Relu]
_REFORMATS = ("Reformat", "NoOp")
_ASIDE = ("Constant", "QuantizeLinear", "DequantizeLinear")  # fused into what computes
_WORD = re.compile(r"(?i)reformat")  # of names, where a plan tells no types: Reformatting CopyNode for Input Tensor 0


def layer_of(each: ToldLayer, graph: Graph) -> Layer:
    told = each.told
    nodes = graph.named(*_NODE.findall(str(told.get("Metadata", ""))))
    kind = _kind(told)
    is_moving = kind in _REFORMATS or (kind is None and bool(_WORD.match(each.name)))
    computing = next((node for node in nodes if node.type not in _ASIDE), None)
    return Layer(
        name=each.name,
        type=computing.type if computing and not is_moving else kind or ("Reformat" if is_moving else "unknown"),
        seconds=each.seconds,
        precision=_precision(told),
        mark=REFORMAT if is_moving else DEPTHWISE if _is_depthwise(told) else None,
        nodes=tuple(node.name for node in nodes),
        module=next((node.module for node in nodes if node.module), None),
        kernel=told.get("LayerType"),
    )


def _kind(told: Mapping[str, Any]) -> Optional[str]:
    return told.get("ParameterType") or told.get("LayerType")


def _precision(told: Mapping[str, Any]) -> Optional[str]:
    """Of what it takes and hands on, both where they differ."""
    types = (_type_of(told.get(key, ())) for key in ("Inputs", "Outputs"))
    return "->".join(dict.fromkeys(filter(None, types))) or None


def _type_of(tensors: Sequence[Mapping[str, Any]]) -> Optional[str]:
    return precision_in(str(tensors[0].get("Format/Datatype", ""))) if tensors else None


def _is_depthwise(told: Mapping[str, Any]) -> bool:
    """As many groups as channels go in."""
    inputs = told.get("Inputs", ())
    dimensions: Sequence[int] = inputs[0].get("Dimensions", ()) if inputs else ()
    return len(dimensions) > 1 and told.get("Groups") == dimensions[1] > 1
