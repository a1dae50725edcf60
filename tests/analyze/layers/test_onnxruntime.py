"""Rows of ONNX Runtime's profile, with the words of a real one."""

from __future__ import annotations

from math import inf
from typing import Any, Optional

import pytest

from edgeprof.analyze.graph import Graph, Node
from edgeprof.analyze.layers import layers_of
from edgeprof.core.errors import AgentError
from edgeprof.core.layers import Layer, ToldLayer

CONV = Node("node_Conv_508", "Conv", ("hardswish", "w"), "blocks.0.0.conv_dw")
RELU = Node("node_relu", "Relu", ("getitem_3",))
MEAN = Node("node_mean", "GlobalAveragePool", ("relu",))
GRAPH = Graph({each.name: each for each in (CONV, RELU, MEAN)}, {"getitem_3": CONV, "relu": RELU, "mean": MEAN})


def row(name: str = "node_mul", kind: str = "Mul", **told: Any) -> Layer:
    usual = {"op_name": kind, "provider": "CPUExecutionProvider", **told}
    (layer,) = layers_of("onnxruntime", [ToldLayer(name, 3e-5, usual)], GRAPH)
    return layer


def shapes(*given: list[int], kind: str = "float") -> list[dict[str, list[int]]]:
    return [{kind: shape} for shape in given]


def test_a_convolution_in_blocks_of_channels_is_found_in_the_graph_with_what_was_fused_into_it() -> None:
    layer = row("relu_nchwc", "Conv")

    assert layer.nodes == ("node_Conv_508", "node_relu")
    assert layer.module == "blocks.0.0.conv_dw"
    assert (layer.name, layer.type, layer.seconds) == ("relu_nchwc", "Conv", 3e-5)


def test_an_operator_that_keeps_its_name_is_found_by_it() -> None:
    assert row("node_mean", "GlobalAveragePool").nodes == ("node_mean",)
    assert row("ReorderOutput_token_178", "ReorderOutput").nodes == ()


@pytest.mark.parametrize(
    ("given", "kind", "mark"),
    [
        (shapes([1, 16, 112, 112], [16, 1, 3, 3], [16]), "Conv", "depthwise"),
        (shapes([1, 16, 112, 112], [32, 1, 3, 3]), "FusedConv", "depthwise"),  # two filters a channel
        (shapes([1, 112, 112, 16], [1], [1], [16, 1, 3, 3]), "QLinearConv", "depthwise"),  # channels last, and scales
        (shapes([1, 16, 112, 112], [32, 16, 3, 3]), "Conv", None),
        (shapes([1, 16, 112, 112], [32, 8, 3, 3]), "Conv", None),  # grouped, and no more
        (shapes([1, 1, 60, 60], [16, 1, 3, 3]), "Conv", None),  # one channel is all there is
        (shapes([1, 16, 112, 112]), "Conv", None),  # packed weights are not told
        (shapes([1, 16, 8, 8], [16, 1, 3, 3]), "ConvTranspose", None),
        (shapes([1, 16, 112, 112], [16, 1, 3, 3]), "Mul", None),
    ],
)
def test_a_depthwise_convolution_is_known_by_its_shapes(
    given: list[dict[str, list[int]]], kind: str, mark: Optional[str]
) -> None:
    assert row(kind=kind, input_type_shape=given).mark == mark


def test_of_packed_weights_the_graph_tells_the_groups() -> None:
    thin = Node("node_Conv_7", "Conv", (), groups=16)
    graph = Graph({thin.name: thin})

    def mark(name: str, channels: int) -> Optional[str]:
        told = {"op_name": "QLinearConv", "input_type_shape": shapes([1, 8, 8, channels], [1], [16], kind="uint8")}
        (layer,) = layers_of("onnxruntime", [ToldLayer(name, 3e-5, told)], graph)
        return layer.mark

    assert mark("node_Conv_7_token_24", 16) == "depthwise"
    assert mark("node_Conv_7_token_24", 32) is None  # grouped, and no more
    assert mark("node_Conv_8_token_24", 16) is None


def test_a_transpose_is_called_out_where_the_graph_has_none() -> None:
    own = Node("node_permute", "Transpose", ())
    graph = Graph({own.name: own})
    told = [ToldLayer(name, 3e-5, {"op_name": "Transpose"}) for name in ("node_permute", "Transpose_token_3")]

    assert [layer.mark for layer in layers_of("onnxruntime", told, graph)] == [None, "reformat"]


def test_without_names_in_the_graph_nobody_knows_whose_a_transpose_is() -> None:
    told = [ToldLayer("Transpose_3", 3e-5, {"op_name": "Transpose"})]

    assert layers_of("onnxruntime", told, Graph({}, {}, is_named=False))[0].mark is None


@pytest.mark.parametrize("kind", ["ReorderInput", "ReorderOutput", "MemcpyToHost", "MemcpyFromHost"])
def test_what_moves_data_between_layouts_is_called_out(kind: str) -> None:
    assert row(kind=kind).mark == "reformat"


@pytest.mark.parametrize(
    ("given", "made", "precision"),
    [
        ("float", "float", "fp32"),
        ("float16", "float16", "fp16"),
        ("float", "uint8", "fp32->uint8"),
        ("uint8", "uint8", "uint8"),
    ],
)
def test_the_precision_is_of_the_types_that_were_recorded(given: str, made: str, precision: str) -> None:
    told = {"input_type_shape": shapes([4], kind=given), "output_type_shape": shapes([4], kind=made)}

    assert row(**told).precision == precision


def test_memory_is_what_was_told_and_else_not_known() -> None:
    assert row(parameter_size="640", output_size="200704").memory_bytes == 201344
    assert row(output_size="200704").memory_bytes is None
    assert row().precision is None


NESTED: list[Any] = []
for _ in range(100_000):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"op_name": "Conv", "parameter_size": 0, "output_size": inf},
        {"op_name": "Conv", "parameter_size": 0, "output_size": 10**400},
        {"op_name": "Conv", "provider": 5},
        {"op_name": "Conv", "provider": NESTED},
    ],
    ids=["nothing", "infinite", "endless", "a number for a word", "nested"],
)
def test_words_of_no_kind_that_we_know_are_an_error_of_the_agents(told: dict[str, Any]) -> None:
    with pytest.raises(AgentError, match="in no way we know"):
        layers_of("onnxruntime", [ToldLayer("a", 1e-3, told)], GRAPH)
