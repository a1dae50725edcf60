"""A graph that takes the camera's uint8 frame: conversion, size and normalisation become part of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgeprof.convert.fold import NOT, Folded, fold
from edgeprof.convert.framing import Framing, Size, framing
from edgeprof.convert.opset import opset_of
from edgeprof.convert.passes.step import fresh, names_in
from edgeprof.convert.preprocess import Preprocessing, described
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import size_words

_LOWEST_OPSET = 13
_CHANNELS = 3
_WHITE = 255.0
_REVERSED = (2, 1, 0)
# As torch resizes, and preprocess.resized without antialias.
_FILTERS: Mapping[str, Mapping[str, Any]] = {
    "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    "bicubic": {"mode": "cubic", "coordinate_transformation_mode": "half_pixel", "cubic_coeff_a": -0.75},
}
_HINT = "leave --frame out: this graph is fed as it is"


@dataclass(frozen=True)
class Camera:
    model: Any
    image: str  # the input that the frame takes the place of
    frame: Tensor
    framing: Framing
    notes: tuple[str, ...]
    card: Mapping[str, str]


def with_camera_frame(
    model: Any, how: Preprocessing, frame: Size | None, fit: str, *, bgr: bool = False, rows: int = 1
) -> Camera:
    """The graph behind its preprocessing, on frames of height x width, or the image's own; `bgr` is the camera's order.
    Of a batch that is open `rows` are what it is proved at.

    The fp32 graph is the one to give: to a graph of another precision the same is done, but nothing is folded.
    """
    import onnx

    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    if opset_of(changed) < _LOWEST_OPSET:
        raise ConvertError(
            f"the graph is written in opset {opset_of(changed)}, frames need {_LOWEST_OPSET} or newer",
            "export it again with a newer opset",
        )
    image = image_of(changed)
    name = image.name
    fixed, _, height, width = (dim.dim_value for dim in image.type.tensor_type.shape.dim)
    frame = frame or (height, width)
    placed = framing(frame, (height, width), fit)
    is_single = image.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    multiply, add = _affine(how)
    order = _REVERSED if bgr else None
    if is_single:
        folded = fold(changed, name, multiply, add, order, padded=any(placed.added))
    else:
        folded = Folded(multiply, add, order, NOT)
    taken = Tensor(fresh("frame", names_in(changed.graph)), (fixed or rows, *frame, _CHANNELS), "uint8")
    _put_before(changed, image, taken, list(_steps(how, placed, folded, fixed, is_single=is_single)))
    card = {
        "frame": f"uint8 {size_words(*frame)} {'BGR' if bgr else 'RGB'}",
        "frame_fit": fit if placed.size != placed.frame else "as it is",
        "network": size_words(height, width),
        "normalisation": folded.how,
        **described(how.mean, how.std, how.interpolation),
    }
    return Camera(changed, name, taken, placed, placed.notes(), card)


def image_of(model: Any) -> Any:
    """The one input that is an image of three channels, channels first."""
    from onnx import TensorProto

    constants = {tensor.name for tensor in model.graph.initializer}
    found = []
    for value in model.graph.input:
        tensor = value.type.tensor_type
        lengths = [dim.dim_value for dim in tensor.shape.dim]
        is_image = len(lengths) == 4 and lengths[1] == _CHANNELS and all(lengths[1:])
        if is_image and value.name not in constants and tensor.elem_type in (TensorProto.FLOAT, TensorProto.FLOAT16):
            found.append(value)
    if len(found) == 1:
        return found[0]
    seen = " and ".join(value.name for value in found) or "none"
    raise ConvertError(f"a frame goes to one float input of shape Nx3xHxW; of such there is {seen}", _HINT)


@dataclass(frozen=True)
class _Step:
    operator: str
    constants: tuple[Any, ...] = ()
    attributes: Mapping[str, Any] | None = None
    leading: int = 0  # inputs that are left out between the tensor and the constants
    is_open: bool = False  # the constant is a shape without its batch, which is the frames' own


def _steps(how: Preprocessing, placed: Framing, folded: Folded, rows: int, *, is_single: bool) -> Iterator[_Step]:
    import numpy as np
    from onnx import TensorProto

    def per_channel(values: Any) -> tuple[Any]:
        return (np.reshape(values, (1, _CHANNELS, 1, 1)).astype(np.float32),)

    yield _Step("Cast", attributes={"to": TensorProto.FLOAT})  # first: TensorRT takes a uint8 input to a Cast alone
    # Three times as fast before the planes are taken apart, where the filter can be had there.
    early = how.interpolation == "bilinear"
    if early:
        yield from _fitting(how, placed, (rows, *placed.resized, _CHANNELS), (1, 2))
    yield _Step("Transpose", attributes={"perm": [0, 3, 1, 2]})
    if not early:
        yield from _fitting(how, placed, (rows, _CHANNELS, *placed.resized), (2, 3))
    if folded.order is not None:
        yield _Step("Gather", (np.array(folded.order, np.int64),), {"axis": 1})
    if folded.multiply is not None:
        yield _Step("Mul", per_channel(folded.multiply))
    if folded.add is not None:
        yield _Step("Add", per_channel(folded.add))
    if any(placed.added):
        yield _Step("Pad", (np.array([0, 0, 0, 0, 0, 0, *placed.added], np.int64),))
    if not is_single:
        yield _Step("Cast", attributes={"to": TensorProto.FLOAT16})


def _fitting(how: Preprocessing, placed: Framing, resized: tuple[int, ...], axes: Size) -> Iterator[_Step]:
    """Resized and cut along these two axes; the padding comes later, in the colour that the mean has become."""
    import numpy as np

    if placed.resizes:
        is_open = not resized[0]
        sizes = np.array(resized[1:] if is_open else resized, np.int64)
        yield _Step("Resize", (sizes,), _FILTERS[how.interpolation], leading=2, is_open=is_open)
        if how.interpolation == "bicubic":  # it swings over the edges, pixels do not
            yield _Step("Clip", (np.array(0, np.float32), np.array(255, np.float32)))
    if any(placed.cut):
        start, end = np.array(placed.start, np.int64), np.add(placed.start, placed.kept).astype(np.int64)
        yield _Step("Slice", (start, end, np.array(axes, np.int64)))


def _affine(how: Preprocessing) -> tuple[Any, Any]:
    """Per channel, what a pixel is multiplied by and what is then added."""
    import numpy as np

    mean, std = np.asarray(how.mean, np.float64), np.asarray(how.std, np.float64)
    return 1 / (_WHITE * std), -mean / std


def _put_before(model: Any, image: Any, frame: Tensor, steps: list[_Step]) -> None:
    """Make nodes of the steps, from the frame to the tensor that the image was, and the frame an input in its place."""
    from onnx import TensorProto, helper, numpy_helper

    before, tensor = [], frame.name
    for number, step in enumerate(steps):
        name = f"{frame.name}_{step.operator.lower()}_{number}"
        made = image.name if number == len(steps) - 1 else name
        names = [f"{name}_{place}" for place in range(len(step.constants))]
        for constant, array in zip(names, step.constants, strict=True):
            model.graph.initializer.append(numpy_helper.from_array(array, constant))
        if step.is_open:
            before += _with_rows(model, frame.name, names[0], f"{name}_sizes")
            names = [f"{name}_sizes"]
        inputs = [tensor, *[""] * step.leading, *names]
        before.append(helper.make_node(step.operator, inputs, [made], name=name, **(step.attributes or {})))
        tensor = made
    after = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*before, *after])
    first = image.type.tensor_type.shape.dim[0]
    shape = [first.dim_value or first.dim_param, *frame.shape[1:]]
    image.CopyFrom(helper.make_tensor_value_info(frame.name, TensorProto.UINT8, shape))


def _with_rows(model: Any, frame: str, rest: str, made: str) -> list[Any]:
    """The shape whose rest is a constant, behind as many rows as there are frames."""
    import numpy as np
    from onnx import helper, numpy_helper

    model.graph.initializer.append(numpy_helper.from_array(np.array([0], np.int64), f"{made}_first"))
    return [
        helper.make_node("Shape", [frame], [f"{made}_frames"], name=f"{made}_frames"),
        helper.make_node("Gather", [f"{made}_frames", f"{made}_first"], [f"{made}_rows"], name=f"{made}_rows"),
        helper.make_node("Concat", [f"{made}_rows", rest], [made], name=made, axis=0),
    ]
