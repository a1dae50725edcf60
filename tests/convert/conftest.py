"""Tiny ONNX files, a cache of its own, and what was said."""

from __future__ import annotations

import pytest

from edgeprof.convert.cache import Cache


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


@pytest.fixture
def said():
    return []


@pytest.fixture
def onnx_file(tmp_path):
    """Write a graph of the given nodes; a place to put more than the default single Relu."""
    from onnx import TensorProto, helper, save

    def write(
        nodes=None,
        inputs=(("image", TensorProto.FLOAT, [1, 3, 8, 8]),),
        outputs=(("out", TensorProto.FLOAT, None),),
        initializers=(),
        name="model.onnx",
        **options,
    ):
        graph = helper.make_graph(
            nodes or [helper.make_node("Relu", [inputs[0][0]], [outputs[0][0]])],
            "graph",
            [helper.make_tensor_value_info(*each) for each in inputs],
            [helper.make_tensor_value_info(*each) for each in outputs],
            list(initializers),
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        path = tmp_path / name
        save(model, path, **options)
        return path

    return write


@pytest.fixture
def network(tmp_path):
    """A small convolutional network in a file."""
    from graphs import a_network, written

    return str(written(a_network(), tmp_path / "network.onnx"))
