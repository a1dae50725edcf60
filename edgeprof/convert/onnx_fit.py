"""An image of another size than an ONNX file's input, brought to it by nodes in front of that input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edgeprof.convert.framing import Framing, Size, near_framing
from edgeprof.convert.opset import opset_of
from edgeprof.convert.passes.step import fresh, names_in, read_instead
from edgeprof.convert.preprocess import resampled
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import size_words

CHANNELS = (1, 3, 4)
_LOWEST_OPSET = 13
_DONE = {"pad": "padded", "resize": "resized", "crop": "cropped"}


@dataclass(frozen=True)
class Fitted:
    """One input: the tensor that is given, the one that the file takes, and what lies between the two."""

    given: Tensor
    taken: Tensor
    axes: Size  # that are height and width
    framing: Framing


def image_axes(shape: Sequence[int | str]) -> Size:
    """Height and width: the last two, but for a camera's layout with its channels last."""
    return (1, 2) if shape[3] in CHANNELS and shape[1] not in CHANNELS else (2, 3)


def fits_of(inputs: Sequence[Tensor], recipe: Recipe) -> tuple[Fitted, ...]:
    """Of the images among the inputs, those that the file takes at another size than was asked for."""
    asked = recipe.resolution
    if asked.height is None or asked.width is None:
        return ()
    named = {name for name, _ in recipe.shapes}
    pairs = [(tensor, image_axes(tensor.shape)) for tensor in _images(inputs) if tensor.name not in named]
    frame = (asked.height, asked.width)
    return tuple(_fitted(each, axes, frame, recipe.fit) for each, axes in pairs if _size(each, axes) != frame)


def given_inputs(inputs: Sequence[Tensor], fits: Sequence[Fitted]) -> list[Tensor]:
    given = {each.taken.name: each.given for each in fits}
    return [given.get(tensor.name, tensor) for tensor in inputs]


def fed(arrays: Mapping[str, Any], fits: Sequence[Fitted]) -> dict[str, Any]:
    """What the file itself has to be fed, computed by numpy."""
    fitting = {each.given.name: each for each in fits}
    return {name: _placed(array, fitting[name]) if name in fitting else array for name, array in arrays.items()}


def notes_of(fits: Sequence[Fitted]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for each in fits for note in each.framing.notes()))


def card_of(fits: Sequence[Fitted], fit: str) -> dict[str, str]:
    if not fits:
        return {}
    sizes = dict.fromkeys(size_words(*each.framing.size) for each in fits)
    return {
        "size_policy": f"{_DONE[fit]} to the size that the file takes",
        "network_size": ", ".join(sizes),
        "framing": "; ".join(notes_of(fits)),
    }


def expect_opset(model: Any, fits: Sequence[Fitted]) -> None:
    if fits and opset_of(model) < _LOWEST_OPSET:
        raise ConvertError(
            f"the file is written in opset {opset_of(model)}, --fit needs {_LOWEST_OPSET} or newer",
            "leave --res out, or export it again with a newer opset",
        )


def put_before(model: Any, fits: Sequence[Fitted]) -> None:
    """The nodes, between an input of the old name and whoever read it."""
    for each in fits:
        _put_before(model, each)


def _images(inputs: Sequence[Tensor]) -> list[Tensor]:
    """A mean of one pixel is none, nor is a mask, or anything else without colours, beside one with them."""
    found = [tensor for tensor in inputs if len(tensor.shape) == 4 and max(_size(tensor, image_axes(tensor.shape))) > 1]
    coloured = [tensor for tensor in found if {tensor.shape[1], tensor.shape[3]} & {3, 4}]
    return coloured or found


def _fitted(tensor: Tensor, axes: Size, frame: Size, fit: str) -> Fitted:
    own = _size(tensor, axes)
    apart = [(own[axis] - frame[axis]) * {"pad": 1, "crop": -1}.get(fit, 0) for axis in (0, 1)]
    if min(apart) < 0:
        raise ConfigError(
            f'input "{tensor.name}" takes {size_words(*own)}, to which {size_words(*frame)} cannot be {_DONE[fit]}',
            f"--fit resize brings it there inside the graph; --res {size_words(*own)} is the file's own size",
            where="--res",
        )
    framing = near_framing(frame, own, fit)
    if framing.resizes and not tensor.dtype.startswith("float"):
        raise ConfigError(
            f'input "{tensor.name}" is {tensor.dtype}, which is not resized', "use --fit pad or crop", where="--fit"
        )
    shape = list(tensor.shape)
    for axis, length in zip(axes, frame, strict=True):
        shape[axis] = length
    return Fitted(replace(tensor, shape=tuple(shape)), tensor, axes, framing)


def _size(tensor: Tensor, axes: Size) -> Size:
    return tensor.shape[axes[0]], tensor.shape[axes[1]]


def _placed(array: Any, each: Fitted) -> Any:
    import numpy as np

    placed = each.framing
    made = array
    for axis, wanted in zip(each.axes, placed.resized, strict=True):
        made = resampled(made, axis, wanted)
    cut: list[Any] = [slice(None)] * array.ndim
    margins = [(0, 0)] * array.ndim
    for axis, start, kept, added in zip(each.axes, placed.start, placed.kept, placed.added, strict=True):
        cut[axis], margins[axis] = slice(start, start + kept), (0, added)
    return np.ascontiguousarray(np.pad(made[tuple(cut)], margins).astype(array.dtype))


def _put_before(model: Any, each: Fitted) -> None:
    graph, name = model.graph, each.given.name
    value = next(value for value in graph.input if value.name == name)
    tensor = value.type.tensor_type
    taken = names_in(graph)
    fitted = fresh(f"{name}_fitted", taken)
    read_instead(graph, {name: fitted})
    after = list(graph.node)
    before = _Nodes(graph, name, taken)
    _fit(before, each, tensor.elem_type, is_open=not tensor.shape.dim[0].dim_value)
    before.made[-1].output[0] = fitted
    del graph.node[:]
    graph.node.extend([*before.made, *after])
    for axis, length in zip(each.axes, each.framing.frame, strict=True):
        tensor.shape.dim[axis].dim_value = length
    del graph.value_info[:]  # of the graph without them


class _Nodes:
    """One behind the other, from the input on; `last` is the tensor that the newest made."""

    def __init__(self, graph: Any, name: str, taken: set[str]) -> None:
        self.made: list[Any] = []
        self.last = name
        self._graph, self._name, self._taken = graph, name, taken

    def add(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        from onnx import helper

        self.last = fresh(f"{self._name}_fit_{len(self.made)}", self._taken)
        self.made.append(helper.make_node(operator, list(inputs), [self.last], name=self.last, **attributes))
        return self.last

    def constant(self, what: str, numbers: Sequence[int]) -> str:
        import numpy as np
        from onnx import numpy_helper

        name = fresh(f"{self._name}_fit_{what}", self._taken)
        self._graph.initializer.append(numpy_helper.from_array(np.array(numbers, np.int64), name))
        return name


def _fit(nodes: _Nodes, each: Fitted, element: int, *, is_open: bool) -> None:
    """Bilinear as torch does it, without antialiasing; what is padded is zero."""
    from onnx import TensorProto

    placed, axes, name = each.framing, each.axes, nodes.last
    is_other = element != TensorProto.FLOAT  # which a CPU's kernels do not resize and pad in every type
    if is_other:
        nodes.add("Cast", [nodes.last], to=TensorProto.FLOAT)
    if placed.resizes:
        image = nodes.last
        sizes = _sizes(nodes, name, each.taken.shape, is_open=is_open)
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        nodes.add("Resize", [image, "", "", sizes], **how)
    if any(placed.cut):
        ends = [start + kept for start, kept in zip(placed.start, placed.kept, strict=True)]
        bounds = {"starts": placed.start, "ends": ends, "axes": axes}
        nodes.add("Slice", [nodes.last, *(nodes.constant(what, numbers) for what, numbers in bounds.items())])
    if any(placed.added):
        added = dict(zip(axes, placed.added, strict=True))
        after = [added.get(axis, 0) for axis in range(4)]
        nodes.add("Pad", [nodes.last, nodes.constant("pads", [0, 0, 0, 0, *after])])
    if is_other:
        nodes.add("Cast", [nodes.last], to=element)


def _sizes(nodes: _Nodes, name: str, shape: Sequence[int], *, is_open: bool) -> str:
    """What an image is resized to: all four lengths, of which an open one is the image's own."""
    if not is_open:
        return nodes.constant("sizes", shape)
    rows = nodes.add("Gather", [nodes.add("Shape", [name]), nodes.constant("first", [0])])
    return nodes.add("Concat", [rows, nodes.constant("sizes", shape[1:])], axis=0)
