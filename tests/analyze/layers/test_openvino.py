"""Rows of OpenVINO's counters, with the words of real ones."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from edgeprof.analyze.graph import Graph, Node
from edgeprof.analyze.layers import layers_of
from edgeprof.core.layers import Layer, ToldLayer

CONV = Node("node_Conv_508", "Conv", ("hardswish",), "blocks.0.0.conv_dw")
RELU = Node("node_relu", "Relu", ("getitem_3",))
LINEAR = Node("node_linear", "Gemm", ("view",), "classifier")
GRAPH = Graph({each.name: each for each in (CONV, RELU, LINEAR)}, {"output": LINEAR})


def row(name: str, kind: str, names: str = "", **told: Any) -> Layer:
    said = {"type": kind, "kernel": "brgconv_avx512_dw_f32", "originalLayersNames": names, **told}
    (layer,) = layers_of("openvino", [ToldLayer(name, 3e-5, said)], GRAPH)
    return layer


def test_a_primitive_is_told_by_the_operators_that_it_computes() -> None:
    layer = row(
        "c/WithoutBiases", "GroupConvolution", "c/WithoutBiases,node_Conv_508,node_relu", runtimePrecision="bf16"
    )

    assert (layer.type, layer.nodes) == ("Conv", ("node_Conv_508", "node_relu"))
    assert (layer.module, layer.precision) == ("blocks.0.0.conv_dw", "bf16")
    assert layer.kernel == "brgconv_avx512_dw_f32"
    assert layer.memory_bytes is None  # nothing is told, so nothing is said


def test_the_last_one_has_the_outputs_name_and_is_found_by_it() -> None:
    assert row("output", "FullyConnected", "output").nodes == ("node_linear",)


def test_what_is_of_no_operator_keeps_the_runtimes_words() -> None:
    layer = row("input_abcd_acdb_node_Conv_506", "Reorder", runtimePrecision="f32")

    assert (layer.type, layer.mark, layer.nodes, layer.precision) == ("Reorder", "reformat", (), "fp32")


@pytest.mark.parametrize(
    ("kind", "shapes", "mark"),
    [
        ("GroupConvolution", [[1, 144, 14, 14], [144, 1, 1, 5, 5]], "depthwise"),
        ("GroupConvolution", [[1, 144, 14, 14], [12, 12, 12, 5, 5]], None),
        ("Convolution", [[1, 144, 14, 14], [40, 144, 1, 1]], None),
        ("GroupConvolution", [], None),
    ],
)
def test_a_depthwise_convolution_has_as_many_groups_as_channels(
    kind: str, shapes: list[list[int]], mark: Optional[str]
) -> None:
    assert row("a", kind, shapes=shapes).mark == mark
