"""How a camera's frame is brought to the size that the network takes: resized, cut, then padded."""

from __future__ import annotations

from dataclasses import dataclass

from edgeprof.convert.preprocess import placement
from edgeprof.core.errors import ConfigError
from edgeprof.core.resolution import FITS

# Below half the size a linear filter skips pixels.
_COARSE = 0.5

Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class Framing:
    frame: Size
    resized: Size
    cut: Size  # rows and columns given up, as many on either side
    size: Size  # what the network takes; what is missing is padded below and on the right

    @property
    def resizes(self) -> bool:
        return self.resized != self.frame

    @property
    def kept(self) -> Size:
        return self.resized[0] - self.cut[0], self.resized[1] - self.cut[1]

    @property
    def start(self) -> Size:
        """The first row and column that are kept."""
        return self.cut[0] // 2, self.cut[1] // 2

    @property
    def added(self) -> Size:
        return self.size[0] - self.kept[0], self.size[1] - self.kept[1]

    def notes(self) -> tuple[str, ...]:
        said = [
            (self.resizes, f"the {_by(self.frame)} frame is resized to {_by(self.resized)} inside the graph"),
            (any(self.cut), f"{_rows(self.cut)} are cut from its edges, half on either side"),
            (any(self.added), f"it is padded by {_rows(self.added)}, below and on the right, to {_by(self.size)}"),
            (self._stretches, "its proportions change: --fit pad or crop would keep them"),
            (self._scale < _COARSE, f"it is made {1 / self._scale:.2g} times smaller without antialiasing"),
        ]
        return tuple(words for holds, words in said if holds)

    @property
    def _scale(self) -> float:
        return min(self.resized[axis] / self.frame[axis] for axis in (0, 1))

    @property
    def _stretches(self) -> bool:
        """By more than the rounding to whole pixels does."""
        exact = self.resized[0] * self.frame[1] / self.frame[0]
        return abs(self.resized[1] - exact) > max(1.0, self.frame[1] / self.frame[0])


def framing(frame: Size, size: Size, fit: str) -> Framing:
    """`pad` letterboxes, `crop` fills the network's input and loses the edges, `resize` stretches."""
    if fit not in FITS:
        raise ConfigError(f'fit is "{fit}", expected {", ".join(FITS)}', where="--fit")
    if fit == "resize" or frame == size:
        return Framing(frame, size, (0, 0), size)
    if fit == "pad":
        place = placement(*frame, *size)
        return Framing(frame, (place.height, place.width), (0, 0), size)
    scale = max(size[axis] / frame[axis] for axis in (0, 1))
    height, width = (max(size[axis], round(frame[axis] * scale)) for axis in (0, 1))
    return Framing(frame, (height, width), (height - size[0], width - size[1]), size)


def _by(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def _rows(size: Size) -> str:
    return " and ".join(f"{count} {what}" for count, what in zip(size, ("rows", "columns"), strict=True) if count)
