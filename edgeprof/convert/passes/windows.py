"""Windows that are put together to an image (Col2Im), written as the transposed convolution that adds them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from edgeprof.convert.passes.step import Pass, keep_nodes


@dataclass(frozen=True)
class _Windows:
    """Where they lie in the image, along each of its axes."""

    image: Sequence[int]
    window: Sequence[int]
    strides: Sequence[int]
    dilations: Sequence[int]
    pads: Sequence[int]  # all that lie before, then all that lie after, as ONNX writes them

    @property
    def counts(self) -> list[int]:
        return [room // stride + 1 for room, stride in zip(self._rooms, self.strides, strict=True)]

    @property
    def unreached(self) -> list[int]:
        """The rows at the end of the padded image that belong to no window."""
        return [room % stride for room, stride in zip(self._rooms, self.strides, strict=True)]

    @property
    def reach(self) -> list[int]:
        """Of a window, with the gaps between its cells."""
        return [gap * (cells - 1) + 1 for gap, cells in zip(self.dilations, self.window, strict=True)]

    @property
    def _rooms(self) -> list[int]:
        """How far the first window can go."""
        axes = len(self.image)
        padded = [self.image[axis] + self.pads[axis] + self.pads[axes + axis] for axis in range(axes)]
        return [whole - own for whole, own in zip(padded, self.reach, strict=True)]


def count(model: Any) -> int:
    """How many nodes there are to be written otherwise."""
    return sum(_is_ours(node) for node in model.graph.node)


def _apply(model: Any) -> int:
    if not count(model):
        return 0
    from onnx import numpy_helper

    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    read = _described(model)
    nodes: list[Any] = []
    changed = 0
    for node in graph.node:
        rows = read[node.input[0]].shape.dim[1].dim_value if _is_ours(node) and node.input[0] in read else 0
        if not rows or not set(node.input[1:]) <= set(constants):
            nodes.append(node)
            continue
        image, window = (numpy_helper.to_array(constants[name]).tolist() for name in node.input[1:])
        nodes += _added_up(graph, node, _placed(node, image, window), rows, read[node.input[0]].elem_type)
        changed += 1
    keep_nodes(graph, nodes)
    return changed


def _is_ours(node: Any) -> bool:
    return bool(node.op_type == "Col2Im" and not node.domain)


def _described(model: Any) -> dict[str, Any]:
    """Type and shape of every tensor, as far as they can be told."""
    from onnx import shape_inference

    graph = shape_inference.infer_shapes(model).graph
    return {value.name: value.type.tensor_type for value in (*graph.input, *graph.value_info)}


def _placed(node: Any, image: Sequence[int], window: Sequence[int]) -> _Windows:
    given = {attribute.name: list(attribute.ints) for attribute in node.attribute}
    axes = len(image)
    strides, dilations, pads = (given.get(name) for name in ("strides", "dilations", "pads"))
    return _Windows(image, window, strides or [1] * axes, dilations or [1] * axes, pads or [0] * 2 * axes)


def _added_up(graph: Any, node: Any, placed: _Windows, rows: int, element: int) -> list[Any]:
    """Every channel is a picture by itself, whose cells are the channels of a convolution: each goes to its one place,
    by a weight of 1, so that one small kernel serves them all and nothing is added but what Col2Im adds. The gaps are
    zeros of the kernel: TensorRT-RTX (1.7) builds none that has both strides and dilations.
    """
    import numpy as np
    from onnx import helper, numpy_helper

    cells, name = prod(placed.window), node.output[0]
    kernel = np.zeros((cells, 1, *placed.reach), helper.tensor_dtype_to_np_dtype(element))
    at_cells: Any = (slice(None), 0, *(slice(None, None, gap) for gap in placed.dilations))
    kernel[at_cells] = np.eye(cells).reshape(-1, *placed.window)
    constants = {
        "kernel": kernel,
        "apart": np.array([-1, cells, *placed.counts], np.int64),
        "together": np.array([-1, rows // cells, *placed.image], np.int64),
    }
    graph.initializer.extend(numpy_helper.from_array(array, f"{name}_{what}") for what, array in constants.items())
    attributes: dict[str, Any] = {
        "kernel_shape": placed.reach,
        "strides": placed.strides,
        "pads": placed.pads,
        "output_padding": placed.unreached,
    }
    steps: tuple[tuple[str, list[str], str, dict[str, Any]], ...] = (
        ("Reshape", [node.input[0], f"{name}_apart"], f"{name}_windows", {}),
        ("ConvTranspose", [f"{name}_windows", f"{name}_kernel"], f"{name}_image", attributes),
        ("Reshape", [f"{name}_image", f"{name}_together"], name, {}),
    )
    return [
        helper.make_node(operator, inputs, [made], name=f"{node.name}_{operator.lower()}_{place}", **more)
        for place, (operator, inputs, made, more) in enumerate(steps)
    ]


PASS = Pass("windows", "TensorRT's parser (10.x, RTX 1.7) knows no Col2Im, and knows a ConvTranspose", _apply)
