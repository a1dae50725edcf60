"""Graphs whose first axis takes any length: how they are asked for, and the proof that they kept it open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from edgeprof.convert.feed import random_feed
from edgeprof.convert.ort import first_line
from edgeprof.convert.parity import relative_l2
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor

AXIS = "batch"
# torch takes an axis whose example is 1 long for one that always is.
_LEAST_EXAMPLE = 2

Infer = Callable[[Mapping[str, Any]], Sequence[Any]]


def example_inputs(inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """What the exporter is shown."""
    return _with_rows(inputs, max(_LEAST_EXAMPLE, inputs[0].shape[0]))


def torch_shapes(inputs: Sequence[Tensor]) -> tuple[Any, ...]:
    """The open axis as torch.export takes it, for a forward of `*tensors`."""
    import torch

    axis = torch.export.Dim(AXIS, min=1)
    return (tuple({0: axis} for _ in inputs),)


def open_axes(names: Sequence[str]) -> dict[str, dict[int, str]]:
    """The same as the older exporter takes it, of inputs and outputs."""
    return {name: {0: AXIS} for name in names}


def other_rows(inputs: Sequence[Tensor]) -> int:
    """The batch at which the open axis is proved, besides the one that is run."""
    return _rows(inputs) + 1


def expect_open(model: str, inputs: Sequence[Tensor], expected: Infer, seen: Infer, tolerance: float) -> str:
    """Compare the two at another batch; for the card, at which. A graph that froze its batch is refused."""
    rows = other_rows(inputs)
    arrays = random_feed(_with_rows(inputs, rows))
    try:
        wanted, given = expected(arrays), seen(arrays)
    except MemoryError:
        raise
    except Exception as error:  # every runtime has its own, and so has the source
        raise _frozen(model, f"it does not run at {rows}: {first_line(error)}") from error
    for one, other in zip(wanted, given, strict=True):
        if one.shape != other.shape:
            raise _frozen(model, f"at {rows} it gives {_times(other.shape)}, not {_times(one.shape)}")
        if not relative_l2(one, other) <= tolerance:
            raise _frozen(model, f"at {rows} it is {relative_l2(one, other):.1e} off")
    return f"dynamic, proved at {_rows(inputs)} and {rows}"


def _frozen(model: str, why: str) -> ConvertError:
    return ConvertError(f"{model} does not take every batch once it is exported: {why}", "name one: --batch 4")


def _rows(inputs: Sequence[Tensor]) -> int:
    return next(int(tensor.shape[0]) for tensor in inputs if tensor.shape)  # a scalar has none


def _with_rows(inputs: Sequence[Tensor], rows: int) -> tuple[Tensor, ...]:
    return tuple(replace(tensor, shape=(rows, *tensor.shape[1:])) if tensor.shape else tensor for tensor in inputs)


def _times(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
