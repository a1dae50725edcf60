"""An ONNX graph by the names that runtimes use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeprof.analyze.graph import Graph, Node, graph_of

CONV = Node("conv", "Conv", ("x", "w"))
ADD = Node("add", "Add", ("seen", "aside"))
RELU = Node("relu", "Relu", ("sum",))
GRAPH = Graph({node.name: node for node in (CONV, ADD, RELU)}, {"seen": CONV, "sum": ADD, "lit": RELU})


def test_nodes_are_found_by_their_names_and_by_what_they_make_each_once() -> None:
    assert GRAPH.named("relu", "lit", "nothing", "conv") == (RELU, CONV)


def test_what_was_fused_behind_a_convolution_is_told_from_it_on() -> None:
    assert GRAPH.fused_into("lit", "Conv") == (CONV, ADD, RELU)


def test_without_such_a_node_before_it_the_maker_stands_alone() -> None:
    assert GRAPH.fused_into("lit", "Gemm") == (RELU,)
    assert GRAPH.fused_into("nothing", "Conv") == ()


def written(path: Path, scopes: str = "") -> Path:
    pytest.importorskip("onnx")
    from onnx import TensorProto, helper, save

    nodes = [
        helper.make_node("Conv", ["x", "inner.blocks.0.conv_dw.weight"], ["seen"], "a", group=3),
        helper.make_node("Relu", ["seen"], ["y"], "b"),
    ]
    if scopes:
        helper.set_metadata_props(nodes[1], {"pkg.torch.onnx.name_scopes": scopes})
    values: list[Any] = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in "xy"]
    weight = helper.make_tensor("inner.blocks.0.conv_dw.weight", TensorProto.FLOAT, [3, 1, 1, 1], [1.0] * 3)
    save(helper.make_model(helper.make_graph(nodes, "g", values[:1], values[1:], [weight])), str(path))
    return path


def test_a_layer_with_weights_is_in_the_source_where_they_are(tmp_path: Path) -> None:
    graph = graph_of(written(tmp_path / "a.onnx"))

    assert graph.nodes["a"].module == "blocks.0.conv_dw"
    assert graph.makers["y"] is graph.nodes["b"]


def test_one_without_is_where_it_was_traced(tmp_path: Path) -> None:
    graph = graph_of(written(tmp_path / "a.onnx", "['', 'inner', 'inner.blocks.0.act', 'relu']"))

    assert graph.nodes["b"].module == "blocks.0.act"


def test_nodes_without_names_are_not_one_another(tmp_path: Path) -> None:
    """And neither are outputs that are left out."""
    from onnx import helper, load, save

    model = load(str(written(tmp_path / "a.onnx")))
    for node in model.graph.node:
        node.name = ""
    model.graph.node.insert(1, helper.make_node("Dropout", ["seen"], ["", "mask"]))
    save(model, str(tmp_path / "a.onnx"))
    graph = graph_of(tmp_path / "a.onnx")

    assert graph.named("") == ()
    assert [node.name for node in graph.named("seen", "mask", "y")] == ["seen", "mask", "y"]
    assert graph.is_named is False


def test_one_node_without_a_name_is_enough_to_know_less(tmp_path: Path) -> None:
    from onnx import load, save

    model = load(str(written(tmp_path / "a.onnx")))
    assert graph_of(tmp_path / "a.onnx").is_named is True
    model.graph.node[0].name = ""
    save(model, str(tmp_path / "a.onnx"))

    assert graph_of(tmp_path / "a.onnx").is_named is False


UNKNOWN = ["", "not a list", "'inner'", "[]", "['relu']", "['inner', '', 'relu']"]
HOSTILE = ["(" * 100_000, "-" * 100_000 + "1", "{[]: 1}", f"[0x{'f' * 5000}, 'relu']", "[['a'], 'relu']"]


@pytest.mark.parametrize("scopes", [*UNKNOWN, *HOSTILE], ids=lambda scopes: scopes[:20])
def test_what_the_graph_does_not_say_is_not_known(tmp_path: Path, scopes: str) -> None:
    assert graph_of(written(tmp_path / "a.onnx", scopes)).nodes["b"].module is None
