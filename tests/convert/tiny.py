"""Tiny graphs in memory with names of one's own, and what onnxruntime makes of them without rewriting anything."""

from __future__ import annotations

import numpy as np  # noqa: TID253
import onnxruntime  # noqa: TID253
from onnx import TensorProto, helper, numpy_helper  # noqa: TID253

FLOAT = TensorProto.FLOAT


def a_model(nodes, inputs, outputs, constants=(), opset=20):
    """`inputs` and `outputs` by name: a shape, or a pair of element type and shape; `constants` by name: an array."""

    def described(values):
        pairs = {name: each if isinstance(each, tuple) else (FLOAT, each) for name, each in dict(values).items()}
        return [helper.make_tensor_value_info(name, *pair) for name, pair in pairs.items()]

    stored = [numpy_helper.from_array(np.asarray(array), name) for name, array in dict(constants).items()]
    graph = helper.make_graph(list(nodes), "graph", described(inputs), described(outputs), stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def node(operator, inputs, outputs, **attributes):
    """Named after its first output; the names of tensors as words in one string."""
    made = outputs.split(" ")
    return helper.make_node(operator, inputs.split(" "), made, name=made[0], **attributes)


def a_branch(nodes):
    """A graph for an If to hold, which gives what the last of its nodes does."""
    made = helper.make_tensor_value_info(nodes[-1].output[0], FLOAT, None)
    return helper.make_graph(nodes, made.name, [], [made])


def computed(model, **arrays):
    """Its outputs in their order, by a session that optimises nothing."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, arrays)


def operators(model):
    return [each.op_type for each in model.graph.node]
