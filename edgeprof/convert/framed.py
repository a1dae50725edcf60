"""A torch model behind the resizing, cutting and padding of its image, which become part of the graph."""

from __future__ import annotations

from typing import Any

from edgeprof.convert.framing import Framing


def framed(model: Any, placed: Framing) -> Any:
    """Bilinear as torch does it, without antialiasing, which TensorRT's parser refuses; what is padded is zero."""
    import torch
    from torch.nn import functional

    (top, left), (height, width), (below, beside) = placed.start, placed.kept, placed.added

    class Framed(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, image: Any) -> Any:
            if placed.resizes:
                image = functional.interpolate(image, size=placed.resized, mode="bilinear", align_corners=False)
            if any(placed.cut):
                image = image[..., top : top + height, left : left + width]
            if any(placed.added):
                image = functional.pad(image, (0, beside, 0, below))
            return self.inner(image)

    return Framed(model).eval()
