"""Graphs of a few nodes, with weights, written to a file."""

from __future__ import annotations

import numpy as np  # noqa: TID253
from onnx import TensorProto, helper, numpy_helper, save  # noqa: TID253

FLOAT = TensorProto.FLOAT


def constant(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def a_model(nodes, constants=(), shape=(1, 4), output=None, element=FLOAT, name="x"):
    """From `x` to the last node's output; every node is (operator, inputs, output) or made already."""
    made = [
        node if not isinstance(node, tuple) else helper.make_node(node[0], list(node[1]), [node[2]], name=f"n{place}")
        for place, node in enumerate(nodes)
    ]
    graph = helper.make_graph(
        made,
        "graph",
        [helper.make_tensor_value_info(name, element, shape)],
        [helper.make_tensor_value_info(output or made[-1].output[0], element, None)],
        list(constants),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def written(model, path):
    save(model, path)
    return path


def a_network(side=16, classes=5, channels=8, seed=0):
    """Convolution, ReLU, a gate over single pixels, pooling and a classifier: a small picture of a CNN."""
    random = np.random.default_rng(seed)

    def weights(name, *shape):
        return constant(name, random.standard_normal(shape) / np.sqrt(np.prod(shape[1:])))

    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["c1"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], name="relu"),
        helper.make_node("ReduceMean", ["r1", "axes"], ["pooled"], name="squeeze", keepdims=1),
        helper.make_node("Conv", ["pooled", "wg"], ["gate"], name="gate"),
        helper.make_node("Sigmoid", ["gate"], ["open"], name="sigmoid"),
        helper.make_node("Mul", ["r1", "open"], ["gated"], name="excite"),
        helper.make_node("Conv", ["gated", "w2", "b2"], ["c2"], name="depthwise", group=channels),
        helper.make_node("GlobalAveragePool", ["c2"], ["features"], name="pool"),
        helper.make_node("Flatten", ["features"], ["flat"], name="flatten"),
        helper.make_node("Gemm", ["flat", "w3", "b3"], ["logits"], name="classify", transB=1),
    ]
    constants = [
        weights("w1", channels, 3, 3, 3),
        constant("b1", random.standard_normal(channels)),
        weights("wg", channels, channels, 1, 1),
        weights("w2", channels, 1, 3, 3),
        constant("b2", random.standard_normal(channels)),
        weights("w3", classes, channels),
        constant("b3", random.standard_normal(classes)),
        constant("axes", [2, 3], np.int64),
    ]
    return a_model(nodes, constants, shape=(1, 3, side, side), name="image")
