"""A real model that is small enough to be measured in a test."""

from __future__ import annotations

from pathlib import Path


def write_small_onnx(folder: Path) -> Path:
    """An .onnx file of two convolutions and a mean, about a millisecond of work: [1, 3, 128, 128] in, [1, 16] out."""
    import numpy as np
    from onnx import TensorProto, checker, helper, numpy_helper, save

    random = np.random.default_rng(0)
    weights = {"first": (16, 3, 3, 3), "second": (16, 16, 3, 3)}
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "first"], ["seen"], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", ["seen"], ["lit"]),
            helper.make_node("Conv", ["lit", "second"], ["seen again"], pads=[1, 1, 1, 1]),
            helper.make_node("GlobalAveragePool", ["seen again"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["y"]),
        ],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 128, 128])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 16])],
        [
            numpy_helper.from_array(random.standard_normal(shape, dtype="float32"), name)
            for name, shape in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    path = folder / "small.onnx"
    save(model, str(path))
    return path


def write_greedy_onnx(folder: Path) -> Path:
    """An .onnx file of a few bytes that takes half a gigabyte to run: [1, 4] in, [1, 4] out."""
    import numpy as np
    from onnx import TensorProto, checker, helper, numpy_helper, save

    rows = 32_000_000
    graph = helper.make_graph(
        [
            helper.make_node("Expand", ["x", "large"], ["spread"]),
            helper.make_node("ReduceMax", ["spread"], ["y"], axes=[0], keepdims=1),
        ],
        "greedy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [numpy_helper.from_array(np.array([rows, 4], dtype="int64"), "large")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    path = folder / "greedy.onnx"
    save(model, str(path))
    return path
