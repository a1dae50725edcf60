"""A graph's normalisation moved into the weights of its first convolution, as far as that is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeprof.convert.packing import is_external

WHOLE = "folded into the first convolution"
SCALE = "the scale folded into the first convolution, the mean added in the graph"
NOT = "one multiplication and one addition in the graph"


@dataclass(frozen=True)
class Folded:
    """What is left to be done in the graph: None where the weights do it."""

    multiply: Any
    add: Any
    order: Sequence[int] | None  # the channels as the network wants them, where they still have to be moved
    how: str


def fold(model: Any, image: str, multiply: Any, add: Any, order: Sequence[int] | None, *, padded: bool) -> Folded:
    """Change the weights so that `image` may come as pixels; `padded` where zeros are put around it before.

    Zeros around the normalised image are not zeros around its pixels, so where any are, by a pad or by the convolution
    itself, the mean is still subtracted before them. The scale and the order of channels leave zeros what they are.
    """
    conv, has_pad = _first_convolution(model, image)
    if conv is None:
        return Folded(multiply, add, order, NOT)
    import numpy as np
    from onnx import numpy_helper

    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    weight = numpy_helper.to_array(initializers[conv.input[1]]).astype(np.float64)
    scaled = weight * np.reshape(multiply, (1, -1, 1, 1))
    moved = scaled if order is None else scaled[:, list(order)]
    _give(model, conv, 1, moved)
    if padded or has_pad or _pads(conv):
        offset = add / multiply
        return Folded(None, offset if order is None else offset[list(order)], None, SCALE)
    bias = numpy_helper.to_array(initializers[conv.input[2]]) if len(conv.input) > 2 and conv.input[2] else 0.0
    _give(model, conv, 2, bias + (weight * np.reshape(add, (1, -1, 1, 1))).sum((1, 2, 3)))
    return Folded(None, None, None, WHOLE)


def _first_convolution(model: Any, image: str) -> tuple[Any, bool]:
    """The one that alone reads the image, and whether zeros are put around it on the way; None where none does."""
    has_pad = False
    node = _only_reader(model, image)
    if node is not None and node.op_type == "Pad" and _pads_zeros(model, node):
        has_pad = True
        node = _only_reader(model, node.output[0])
    # One that lies outside stays where it is.
    constants = {tensor.name for tensor in model.graph.initializer if not is_external(tensor)}
    if node is None or node.op_type != "Conv" or not set(node.input[1:]) - {""} <= constants:
        return None, False
    groups = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
    return (node, has_pad) if groups == 1 else (None, False)


def _only_reader(model: Any, tensor: str) -> Any:
    """The node that reads the tensor first and foremost; None where anything else reads it, an output included."""
    readers = [node for node in model.graph.node if tensor in node.input]
    within = any(
        tensor in inner.input
        for node in model.graph.node
        for attribute in node.attribute
        for graph in [attribute.g, *attribute.graphs]
        for inner in graph.node
    )
    is_output = any(value.name == tensor for value in model.graph.output)
    alone = len(readers) == 1 and list(readers[0].input).count(tensor) == 1 and readers[0].input[0] == tensor
    return readers[0] if alone and not within and not is_output else None


def _pads_zeros(model: Any, node: Any) -> bool:
    from onnx import numpy_helper

    mode = next((attribute.s for attribute in node.attribute if attribute.name == "mode"), b"constant")
    value = node.input[2] if len(node.input) > 2 else ""
    known = {tensor.name: tensor for tensor in model.graph.initializer}
    return mode == b"constant" and (not value or (value in known and not numpy_helper.to_array(known[value]).any()))


def _pads(conv: Any) -> bool:
    attributes = {attribute.name: attribute for attribute in conv.attribute}
    if "auto_pad" in attributes and attributes["auto_pad"].s not in (b"NOTSET", b"VALID"):
        return True
    return "pads" in attributes and any(attributes["pads"].ints)


def _give(model: Any, conv: Any, place: int, values: Any) -> None:
    """A constant of its own for the convolution: the old one may serve others too."""
    import numpy as np
    from onnx import numpy_helper

    old = conv.input[place] if len(conv.input) > place else ""
    name = f"{old or conv.output[0]}_of_frame"
    model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
    if len(conv.input) > place:
        conv.input[place] = name
    else:
        conv.input.append(name)
    if old and not any(old in node.input for node in model.graph.node):
        for number, tensor in enumerate(model.graph.initializer):
            if tensor.name == old:
                del model.graph.initializer[number]
                break
