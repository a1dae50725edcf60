"""How a timm model is made to take a size that is not its own, without losing a row of the image."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeprof.convert.ort import first_line
from edgeprof.core.errors import ConvertError

_LARGEST_TABLES_BYTES = 2 << 30
# What networks raise when a size does not suit them.
_OBJECTIONS = (
    RuntimeError,
    ValueError,
    TypeError,
    AssertionError,
    IndexError,
    KeyError,
    AttributeError,
    ZeroDivisionError,
)


@dataclass(frozen=True)
class OwnSize:
    channels: int
    height: int
    width: int
    stride: int  # of the deepest feature map, or the patch
    takes_size: bool  # its constructor has img_size
    is_fixed: bool  # it refuses any size that it was not made for


@dataclass(frozen=True)
class Fit:
    """`height` and `width` are what the network itself sees."""

    policy: str
    options: Mapping[str, Any] = field(default_factory=dict)
    height: int = 0
    width: int = 0

    @property
    def is_own_size(self) -> bool:
        return self.policy == "own size"

    def pads(self, height: int, width: int) -> bool:
        return (self.height, self.width) != (height, width)

    def notes(self, height: int, width: int) -> tuple[str, ...]:
        if not self.pads(height, width):
            return ()
        rows, columns = self.height - height, self.width - width
        added = " and ".join(f"{n} {what}" for n, what in ((rows, "rows"), (columns, "columns")) if n)
        return (f"padded inside the graph by {added}, to {self.height}x{self.width}, so that no pixel is dropped",)


def own_size(name: str) -> OwnSize:
    model = _skeleton(name)
    cfg = model.pretrained_cfg
    channels, height, width = cfg["input_size"]
    features = getattr(model, "feature_info", [])
    features = features if isinstance(features, list) else getattr(features, "info", [])
    stride = max((int(f["reduction"]) for f in features if "reduction" in f), default=32)
    takes = any("img_size" in inspect.signature(kind).parameters for kind in type(model).__mro__[:-1])
    # crossvit declares a stride of 17 for a network of two scales; no network has an odd one.
    stride = 32 if stride % 2 else stride
    return OwnSize(channels, height, width, stride, takes, bool(cfg.get("fixed_input_size")))


def fitted(name: str, own: OwnSize, size: tuple[int | None, int | None]) -> Fit:
    """The first way that works, tried on tensors without data."""
    height, width = size[0] or own.height, size[1] or own.width
    if (height, width) == (own.height, own.width):
        return Fit("own size", {}, height, width)
    refusal: Exception | None = None
    for fit in _ways(own, height, width):
        try:
            _probe(name, own, fit)
        except _OBJECTIONS as error:
            refusal = refusal or error
        else:
            return fit
    why = first_line(refusal) if refusal else "no way is known"
    raise ConvertError(
        f"{name} cannot be made to take {height}x{width} (height x width): {why}",
        f"its own size is {own.height}x{own.width}: --res native",
    ) from refusal


def padded(model: Any, fit: Fit) -> Any:
    """The model behind a pad of zeros on the right and the bottom, which becomes part of the graph."""
    import torch
    from torch.nn import functional

    class PadTo(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, image: Any) -> Any:
            below, beside = fit.height - image.shape[-2], fit.width - image.shape[-1]
            return self.inner(functional.pad(image, (0, beside, 0, below)))

    return PadTo(model).eval()


def _ways(own: OwnSize, height: int, width: int) -> Iterator[Fit]:
    """img_size comes padded to the stride, since models of patches silently ignore what is left over."""
    if not own.is_fixed:
        yield Fit("frame as it is", {}, height, width)
    if own.takes_size and own.is_fixed:
        for multiple in dict.fromkeys((own.stride, 32, 64)):
            yield _sized(height, width, multiple)
    for multiple in dict.fromkeys((own.stride, 32)):
        up, across = _up(height, multiple), _up(width, multiple)
        yield Fit(f"padded to a multiple of {multiple}", {}, up, across)
    if own.takes_size and not own.is_fixed:
        for multiple in (32, 256):
            yield _sized(height, width, multiple)


def _sized(height: int, width: int, multiple: int) -> Fit:
    up, across = _up(height, multiple), _up(width, multiple)
    return Fit(f"img_size, a multiple of {multiple}", {"img_size": (up, across)}, up, across)


def _up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def _probe(name: str, own: OwnSize, fit: Fit) -> None:
    import torch

    model = _skeleton(name, **fit.options)
    _refuse_large_tables(name, model, fit)
    with torch.no_grad():
        model(torch.empty(1, own.channels, fit.height, fit.width, device="meta"))


def _skeleton(name: str, **options: Any) -> Any:
    """The model without data, where its code allows that."""
    import timm
    import torch

    try:
        with torch.device("meta"):
            return timm.create_model(name, **options).eval()
    except (NotImplementedError, RuntimeError):
        return timm.create_model(name, **options).eval()


def _refuse_large_tables(name: str, model: Any, fit: Fit) -> None:
    """Relative attention has a bias for each head and each pair of positions, which the export folds into the file."""
    size = sum(
        module.relative_position_index.numel() * module.relative_position_bias_table.shape[-1] * 4
        for module in model.modules()
        if hasattr(module, "relative_position_index") and hasattr(module, "relative_position_bias_table")
    )
    if size > _LARGEST_TABLES_BYTES:
        raise ConvertError(
            f"{name} at {fit.height}x{fit.width} needs {size / 2**30:.1f} GiB of relative position tables",
            "use a lower --res, or a model without relative attention",
        )
