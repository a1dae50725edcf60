"""How an image is brought to the size that the network takes: resized, cut, then padded."""

from __future__ import annotations

from dataclasses import dataclass

from edgeprof.convert.preprocess import placement
from edgeprof.core.errors import ConfigError
from edgeprof.core.resolution import FITS, size_words

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
    def changes(self) -> bool:
        return self.resizes or self.size != self.frame

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
        """One sentence for each thing that is done, the first of which names the frame."""
        said = [
            (self.resizes, f"is resized to {size_words(*self.resized)} inside the graph"),
            (any(self.cut), f"loses {rows_words(self.cut)} at its edges, half on either side"),
            (
                any(self.added),
                f"is padded by {rows_words(self.added)}, below and on the right, to {size_words(*self.size)}",
            ),
            (self._stretches, "changes its proportions: --fit pad or crop would keep them"),
            (self._scale < _COARSE, f"is made {1 / self._scale:.2g} times smaller without antialiasing"),
        ]
        done = [words for holds, words in said if holds]
        subjects = [f"the {size_words(*self.frame)} frame", *["it"] * len(done)]
        return tuple(f"{subject} {words}" for subject, words in zip(subjects, done, strict=False))

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
    _expect_fit(fit)
    if fit == "resize" or frame == size:
        return Framing(frame, size, (0, 0), size)
    if fit == "pad":
        place = placement(*frame, *size)
        return Framing(frame, (place.height, place.width), (0, 0), size)
    scale = max(size[axis] / frame[axis] for axis in (0, 1))
    height, width = (max(size[axis], round(frame[axis] * scale)) for axis in (0, 1))
    return Framing(frame, (height, width), (height - size[0], width - size[1]), size)


def near_framing(frame: Size, size: Size, fit: str) -> Framing:
    """The same between two sizes that hardly differ: pixels stay what they are, but where `resize` asks for new ones.

    `pad` needs a size that is no smaller, `crop` one that is no larger.
    """
    _expect_fit(fit)
    if fit == "resize":
        return Framing(frame, size, (0, 0), size)
    cut = (frame[0] - size[0], frame[1] - size[1]) if fit == "crop" else (0, 0)
    return Framing(frame, frame, cut, size)


def _expect_fit(fit: str) -> None:
    if fit not in FITS:
        raise ConfigError(f'fit is "{fit}", expected {", ".join(FITS)}', where="--fit")


def rows_words(size: Size) -> str:
    return " and ".join(f"{count} {what}" for count, what in zip(size, ("rows", "columns"), strict=True) if count)
