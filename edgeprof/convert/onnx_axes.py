"""Which length each axis of an ONNX file's inputs gets: from --shape, else from --res and --batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgeprof.convert.onnx_fit import image_axes
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor


def bind(model: Any, recipe: Recipe) -> tuple[list[Tensor], list[str]]:
    """Write the lengths into the model; the inputs as they are now, and what the user should know."""
    given = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in given]
    if not inputs:
        raise ConvertError("the model has no inputs: everything in it is a constant", "export it again with an input")
    wanted = _shapes_by_name(recipe, [value.name for value in inputs])
    bound: dict[str, int] = {}
    open_names: set[str] = set()
    tensors: list[Tensor] = []
    notes: list[str] = []
    for value in inputs:
        dims, dtype = _dims(value), _dtype(value)
        shape = wanted.get(value.name)
        lengths = _from_shape(value.name, dims, shape) if shape else _from_recipe(value.name, dims, recipe, notes)
        _agree(value.name, dims, lengths, bound)
        tensors.append(Tensor(value.name, tuple(lengths), dtype))
        for axis, (dim, length) in enumerate(zip(value.type.tensor_type.shape.dim, lengths, strict=True)):
            if recipe.is_dynamic and not axis:
                open_names.add(_expect_open(value.name, dims[0]))
            else:
                dim.dim_value = length
    _carry_through(model.graph, {name: length for name, length in bound.items() if name not in open_names})
    return tensors, notes


def _shapes_by_name(recipe: Recipe, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    for name, _ in recipe.shapes:
        if name not in names:
            raise ConfigError(f'there is no input "{name}"', f"the inputs are {', '.join(names)}", where="--shape")
    return dict(recipe.shapes)


def _dims(value: Any) -> list[int | str]:
    """Each axis as its length, or the name of what is not fixed."""
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type"):
        raise ConvertError(f'input "{value.name}" is not a tensor', "only tensors can be fed")
    if not tensor.HasField("shape"):
        raise ConvertError(f'input "{value.name}" has no rank', "export the model with shapes")
    dims: list[int | str] = []
    for axis, dim in enumerate(tensor.shape.dim):
        fixed = dim.HasField("dim_value") and dim.dim_value > 0
        dims.append(int(dim.dim_value) if fixed else str(dim.dim_param or f"axis {axis}"))
    return dims


def _dtype(value: Any) -> str:
    import numpy as np
    from onnx import TensorProto, helper

    element = value.type.tensor_type.elem_type
    try:
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(element))
    except (KeyError, ValueError):
        dtype = np.dtype(object)
    if dtype.kind not in "fiub" or element == TensorProto.BFLOAT16:
        raise ConvertError(f'input "{value.name}" is {TensorProto.DataType.Name(element).lower()}, which cannot be fed')
    return str(dtype)


def _from_shape(name: str, dims: Sequence[int | str], shape: Sequence[int]) -> list[int]:
    if len(shape) != len(dims):
        raise ConfigError(f'input "{name}" has {len(dims)} axes, {_times(shape)} has {len(shape)}', where="--shape")
    for axis, (dim, length) in enumerate(zip(dims, shape, strict=True)):
        if isinstance(dim, int) and dim != length:
            raise ConfigError(f'axis {axis} of input "{name}" is fixed at {dim}, not {length}', where="--shape")
    return list(shape)


def _from_recipe(name: str, dims: Sequence[int | str], recipe: Recipe, notes: list[str]) -> list[int]:
    lengths: list[int | str] = list(dims)
    if lengths:
        lengths[0] = _first_axis(name, dims[0], len(dims), recipe, notes)
    if len(dims) == 4:
        for axis, wanted in zip(image_axes(dims), (recipe.resolution.height, recipe.resolution.width), strict=True):
            if wanted is None:
                continue
            if isinstance(dims[axis], int) and dims[axis] != wanted:
                continue  # the image is brought to it
            lengths[axis] = wanted
    for axis, length in enumerate(lengths):
        if isinstance(length, str):
            raise ConfigError(
                f'axis {axis} ("{length}") of input "{name}" is not fixed', f"--shape {name}:{_example(lengths)}"
            )
    return [length for length in lengths if isinstance(length, int)]


def _first_axis(name: str, dim: int | str, rank: int, recipe: Recipe, notes: list[str]) -> int:
    if isinstance(dim, str):
        return recipe.rows
    if rank == 4 and dim != recipe.rows:
        if recipe.rows != 1:
            raise ConfigError(
                f'the batch of input "{name}" is fixed at {dim}, {recipe.rows} was asked for',
                "leave --batch out, or export the model with that batch",
                where="--batch",
            )
        notes.append(f"the batch of {name} is fixed at {dim} in the file")
    return dim


def _expect_open(name: str, dim: int | str) -> str:
    if isinstance(dim, int):
        raise ConfigError(
            f'the batch of input "{name}" is fixed at {dim}',
            "leave --batch dynamic out, or export the model with an open batch",
            where="--batch",
        )
    return dim


def _agree(name: str, dims: Sequence[int | str], lengths: Sequence[int], bound: dict[str, int]) -> None:
    """An axis name means one length, wherever in the model it stands."""
    for axis, (dim, length) in enumerate(zip(dims, lengths, strict=True)):
        if isinstance(dim, str) and dim != f"axis {axis}" and bound.setdefault(dim, length) != length:
            raise ConfigError(
                f'axis "{dim}" would be {bound[dim]} and {length} (input "{name}")',
                f"give both shapes: --shape {name}:{_times(lengths)}",
            )


def _carry_through(graph: Any, bound: dict[str, int]) -> None:
    for value in graph.output:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in bound:
                dim.dim_value = bound[dim.dim_param]
    del graph.value_info[:]  # written for the open axes; every runtime infers them again


def _example(lengths: Sequence[int | str]) -> str:
    likely = {0: 1, 1: 3, 2: 224, 3: 224} if len(lengths) == 4 else {}
    return "x".join(str(size if isinstance(size, int) else likely.get(axis, 1)) for axis, size in enumerate(lengths))


def _times(lengths: Sequence[int]) -> str:
    return "x".join(map(str, lengths))
