"""Rows of TensorRT's profile, with the words of its inspector."""

from __future__ import annotations

from typing import Any

import pytest

from edgeprof.analyze.graph import Graph, Node
from edgeprof.analyze.layers import layers_of
from edgeprof.core.layers import Layer, ToldLayer

CONV = Node("/conv1/Conv", "Conv", ("x",), "conv1")
RELU = Node("/relu/Relu", "Relu", ("seen",))
SCALES = Node("/q", "QuantizeLinear", ("x",))
GRAPH = Graph({each.name: each for each in (CONV, RELU, SCALES)}, {})
HALF = "Channel major FP16 format where channel % 8 == 0"
FLOAT = "Row major linear FP32 format"


def row(name: str = "a", **told: Any) -> Layer:
    (layer,) = layers_of("tensorrt", [ToldLayer(name, 3e-5, told)], GRAPH)
    return layer


def tensor(words: str, channels: int = 16) -> list[dict[str, Any]]:
    return [{"Name": "x", "Dimensions": [1, channels, 8, 8], "Format/Datatype": words}]


def test_a_layer_is_told_by_the_operators_in_its_metadata() -> None:
    said = "[ONNX Layer: /q]\x1e[ONNX Layer: /conv1/Conv]\x1e[ONNX Layer: /relu/Relu]"
    layer = row(LayerType="CaskConvolution", ParameterType="Convolution", Metadata=said)

    assert (layer.type, layer.nodes, layer.module) == ("Conv", ("/q", "/conv1/Conv", "/relu/Relu"), "conv1")
    assert layer.kernel == "CaskConvolution"
    assert layer.memory_bytes is None


def test_without_metadata_the_type_is_the_plans_own() -> None:
    assert row(LayerType="kgen", ParameterType="PointWise").type == "PointWise"
    assert row(LayerType="kgen").type == "kgen"


def test_a_plan_that_tells_nothing_leaves_everything_but_the_time_open() -> None:
    layer = row("conv + relu")

    assert (layer.type, layer.precision, layer.mark, layer.seconds) == ("unknown", None, None, 3e-5)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("x copy", {"LayerType": "Reformat", "Metadata": "[ONNX Layer: /conv1/Conv]"}),
        ("Reformatting CopyNode for Input Tensor 0 to conv", {}),
    ],
)
def test_a_reformat_is_called_out_whatever_it_is_for(name: str, told: dict[str, Any]) -> None:
    layer = row(name, **told)

    assert (layer.type, layer.mark) == ("Reformat", "reformat")


@pytest.mark.parametrize(("groups", "mark"), [(16, "depthwise"), (4, None), (1, None)])
def test_a_depthwise_convolution_has_as_many_groups_as_channels(groups: int, mark: str) -> None:
    assert row(ParameterType="Convolution", Groups=groups, Inputs=tensor(HALF)).mark == mark


def test_one_group_of_one_channel_is_not_depthwise() -> None:
    assert row(ParameterType="Convolution", Groups=1, Inputs=tensor(HALF, channels=1)).mark is None


@pytest.mark.parametrize(
    ("given", "made", "precision"), [(HALF, HALF, "fp16"), (FLOAT, HALF, "fp32->fp16"), ("N/A", HALF, "fp16")]
)
def test_the_precision_is_of_the_tensors_types(given: str, made: str, precision: str) -> None:
    assert row(Inputs=tensor(given), Outputs=tensor(made)).precision == precision
