"""What a network's forward would take, found on tensors without data: memory, and rows of the image left unread."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from edgeprof.agent.memory import available_bytes

_SINGLE_BYTES = 4
_GIB = 2**30
# Runtimes write it over the scores it is computed from: vit_tiny's 0.78 GiB at 1080p take onnxruntime to 1.10 GiB.
_IN_PLACE = ("aten._softmax.default",)
_PROGRAM_BYTES = 600 << 20  # torch and its exporter themselves
# The instance, the weights that fresh instances are filled from, and the graph.
_COPIES_OF_WEIGHTS = 3
# Two sets of random inputs, and the noise that the second is drawn from.
_COPIES_OF_INPUT = 5


@dataclass(frozen=True)
class Footprint:
    """`activations_bytes` is the most that is alive at once, with attention's scores written out as the graph does."""

    activations_bytes: int
    weights_bytes: int
    input_bytes: int
    unread: tuple[int, int]  # rows at the bottom and columns on the right that nothing reads
    outputs: tuple[tuple[int, ...], ...]

    @property
    def needed_bytes(self) -> int:
        held = _COPIES_OF_WEIGHTS * self.weights_bytes + _COPIES_OF_INPUT * self.input_bytes
        return _PROGRAM_BYTES + self.activations_bytes + held


def short_of(needed_bytes: int) -> str | None:
    """In words, where this machine has less than that."""
    free = available_bytes()
    if free is None or needed_bytes <= free:
        return None
    return f"needs about {needed_bytes / _GIB:.1f} GiB of memory, {free / _GIB:.1f} GiB are available here"


def input_bytes(rows: int, channels: int, height: int, width: int) -> int:
    """What the copies of the input alone take."""
    return _COPIES_OF_INPUT * _SINGLE_BYTES * rows * channels * height * width


def footprint(model: Any, shape: Sequence[int]) -> Footprint:
    """Of a model without data, or of one whose weights are real: its activations never are."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    class Watch(TorchDispatchMode):  # type: ignore[misc]
        """Adds up the storages that are alive after each operator."""

        def __init__(self) -> None:
            super().__init__()
            self.alive: dict[int, int] = {}
            self.now = self.most = 0
            self.unread: list[tuple[int, int]] = []

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.unread += _unread_by(str(func), args, tuple(shape[-2:]))
            made = func(*args, **(kwargs or {}))
            for tensor in tree_leaves(made):
                if isinstance(tensor, torch.Tensor):
                    self._note(tensor.untyped_storage(), is_new=str(func) not in _IN_PLACE)
            return made

        def _note(self, storage: Any, *, is_new: bool) -> None:
            place = storage._cdata
            if place not in self.alive:
                self.alive[place] = storage.nbytes() if is_new else 0
                self.now += self.alive[place]
                self.most = max(self.most, self.now)
                weakref.finalize(storage, self._forget, place)

        def _forget(self, place: int) -> None:
            self.now -= self.alive.pop(place, 0)

    weights = [*model.parameters(), *model.buffers()]
    watch = Watch()
    watch.alive = {tensor.untyped_storage()._cdata: 0 for tensor in weights}  # a linear layer's transposed view is none
    image = torch.empty(tuple(shape), device="meta")
    with torch.no_grad(), torch.device("meta"), watch:  # some make tables of positions in their forward
        outputs = tree_leaves(model(image))
    return Footprint(
        watch.most,
        sum(tensor.numel() * tensor.element_size() for tensor in weights),
        prod(shape) * _SINGLE_BYTES,
        _least(watch.unread),
        tuple(tuple(output.shape) for output in outputs if isinstance(output, torch.Tensor)),
    )


def _unread_by(operator: str, args: Sequence[Any], size: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Rows and columns that a convolution of the image itself leaves out below and on the right."""
    if operator != "aten.convolution.default" or tuple(args[0].shape[-2:]) != size:
        return
    kernel, (stride, padding, dilation) = args[1].shape[-2:], args[3:6]
    left = [
        _unread_along(size[axis], kernel[axis], _at(stride, axis), _at(padding, axis), _at(dilation, axis))
        for axis in (0, 1)
    ]
    yield left[0], left[1]


def _at(figures: Sequence[int], axis: int) -> int:
    return int(figures[axis] if len(figures) > 1 else figures[0])


def _unread_along(length: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    reach = dilation * (kernel - 1)
    steps = (length + 2 * padding - reach - 1) // stride
    return max(0, length + padding - 1 - (steps * stride + reach))


def _least(unread: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """A row is lost where every operator that looks at the image leaves it out."""
    return (min(rows for rows, _ in unread), min(columns for _, columns in unread)) if unread else (0, 0)
