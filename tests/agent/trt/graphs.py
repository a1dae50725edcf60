"""Tiny graphs as ONNX files, each made for what TensorRT says to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Sequence

OPSET = 20
CHANNELS, KERNELS = 3, 16
CONV_WEIGHTS = KERNELS * CHANNELS * 3 * 3
HEAD_WEIGHTS = 1000 * KERNELS


def _values(*shape: int, dtype: str = "float32") -> Any:
    import numpy as np

    return np.random.default_rng(0).standard_normal(shape, dtype="float32").astype(dtype)


def _save(folder: Path, nodes: Sequence[Any], shape: Sequence[Any], arrays: Any, kind: str, name: str) -> Path:
    from onnx import TensorProto, helper, numpy_helper, save

    element = getattr(TensorProto, kind)
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("x", element, list(shape))],
        [helper.make_tensor_value_info("y", element, None)],
        [numpy_helper.from_array(array, key) for key, array in arrays.items()],
    )
    domains = {node.domain for node in nodes} - {""}
    opsets = [helper.make_opsetid("", OPSET), *(helper.make_opsetid(domain, 1) for domain in domains)]
    path = folder / f"{name}.onnx"
    save(helper.make_model(graph, opset_imports=opsets, ir_version=10), str(path))
    return path


def one_node(
    folder: Path, operator: str, shape: Sequence[Any] = (1, 3, 16, 16), arrays: Any = None, **how: Any
) -> Path:
    """One operator between input x and output y; `arrays` are its further inputs, in order."""
    from onnx import helper

    arrays = arrays or {}
    node = helper.make_node(operator, ["x", *arrays], ["y"], name="the_node", **how)
    return _save(folder, [node], shape, {key: array for key, array in arrays.items() if key}, "FLOAT", operator)


def network(folder: Path, half: bool = False, rows: Any = 1) -> Path:
    """A convolution, a ReLU, a mean and a fully connected layer: [rows, 3, 16, 16] in, [rows, 1000] out."""
    from onnx import helper

    dtype = "float16" if half else "float32"
    nodes = [
        helper.make_node("Conv", ["x", "kernels"], ["seen"], name="conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["seen"], ["lit"], name="relu"),
        helper.make_node("GlobalAveragePool", ["lit"], ["pooled"], name="pool"),
        helper.make_node("Flatten", ["pooled"], ["flat"], name="flat"),
        helper.make_node("Gemm", ["flat", "head"], ["y"], name="head", transB=1),
    ]
    arrays = {
        "kernels": _values(KERNELS, CHANNELS, 3, 3, dtype=dtype),
        "head": _values(1000, KERNELS, dtype=dtype),
    }
    name = f"network-{dtype}-{rows}"
    return _save(folder, nodes, [rows, CHANNELS, 16, 16], arrays, "FLOAT16" if half else "FLOAT", name)


def quantized(folder: Path, bias: Optional[str] = None) -> Path:
    """A convolution between Q/DQ pairs, symmetric int8; `bias` int32 is what onnxruntime's quantizer writes."""
    import numpy as np
    from onnx import helper

    arrays = {
        "scale": np.array(0.05, dtype="float32"),
        "zero": np.array(0, dtype="int8"),
        "kernels": np.random.default_rng(0).integers(-127, 128, (KERNELS, CHANNELS, 3, 3)).astype("int8"),
        "kernel_scales": np.full(KERNELS, 0.01, dtype="float32"),
        "kernel_zeros": np.zeros(KERNELS, dtype="int8"),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["x8"], name="q"),
        helper.make_node("DequantizeLinear", ["x8", "scale", "zero"], ["xd"], name="dq"),
        helper.make_node(
            "DequantizeLinear", ["kernels", "kernel_scales", "kernel_zeros"], ["kd"], name="dq_kernels", axis=0
        ),
    ]
    inputs = ["xd", "kd"]
    if bias:
        arrays["bias"] = np.arange(KERNELS, dtype=bias)
        arrays["bias_scales"] = np.full(KERNELS, 0.0005, dtype="float32")
        nodes.append(helper.make_node("DequantizeLinear", ["bias", "bias_scales"], ["bd"], name="dq_bias", axis=0))
        inputs.append("bd")
    nodes.append(helper.make_node("Conv", inputs, ["y"], name="conv", pads=[1, 1, 1, 1]))
    return _save(folder, nodes, [1, CHANNELS, 16, 16], arrays, "FLOAT", f"quantized-{bias}")
