"""What `--res` means: a camera frame, a square, a tensor shape, or the model's own size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

from edgeprof.core.errors import ConfigError

# Bare or with a p these are frames, not squares: an engineer who says 1080 means the camera's 1920x1080.
_FRAMES = {"720": (720, 1280), "1080": (1080, 1920), "1440": (1440, 2560), "2160": (2160, 3840)}
_NAMED = {
    **{f"{lines}p": frame for lines, frame in _FRAMES.items()},
    **_FRAMES,
    "480p": (480, 854),
    "540p": (540, 960),
    "2k": (1440, 2560),
    "4k": (2160, 3840),
}
_LARGEST_SIDE = 32768

# What becomes of an image whose size is not the network's.
FITS = ("pad", "resize", "crop")


@dataclass(frozen=True)
class Resolution:
    """Height and width in pixels, None for the model's own; a batch only where a tensor shape named one."""

    height: Optional[int] = None
    width: Optional[int] = None
    batch: Optional[int] = None

    @property
    def is_native(self) -> bool:
        return self.height is None

    def __str__(self) -> str:
        if self.height is None or self.width is None:
            return "native"
        return f"{size_words(self.height, self.width)} (width x height)"


NATIVE = Resolution()


def size_words(height: int, width: int) -> str:
    """A size as people read it and --res takes it: width x height."""
    return f"{width}x{height}"


def resolution_of(text: str) -> Resolution:
    """Read `1080`, `720p`, `4k`, `224`, `1920x1080` (width x height), `1x3x1080x1920` or `native`."""
    words = text.strip().lower()
    if words == "native":
        return NATIVE
    if words in _NAMED:
        return _checked(text, *_NAMED[words])
    if re.fullmatch(r"\d+", words):
        return _checked(text, int(words), int(words))
    sides = re.fullmatch(r"(\d+)x(\d+)", words)
    if sides:
        width, height = int(sides.group(1)), int(sides.group(2))
        return _checked(text, height, width)
    shape = re.fullmatch(r"(\d+)x3x(\d+)x(\d+)", words)
    if shape:
        batch, height, width = (int(group) for group in shape.groups())
        if batch < 1:
            raise ConfigError(f'res is "{text}", expected a batch of at least 1')
        return _checked(text, height, width, batch)
    raise ConfigError(
        f'res is "{text}", expected a frame, a size or a shape',
        "write 1080, 720p, 4k, 224, 1920x1080 (width x height), 1x3x1080x1920 or native",
    )


def portrait_question(resolution: Resolution, text: str) -> Optional[str]:
    """What to ask when `WxH` describes a frame taller than wide: most who write that meant the other order."""
    match = re.fullmatch(r"\s*(\d+)x(\d+)\s*", text)
    if match and resolution.height and resolution.width and resolution.height > resolution.width:
        return f"res {text} is width x height, a portrait frame; did you mean {match.group(2)}x{match.group(1)}?"
    return None


def _checked(text: str, height: int, width: int, batch: Optional[int] = None) -> Resolution:
    if not (1 <= height <= _LARGEST_SIDE and 1 <= width <= _LARGEST_SIDE):
        raise ConfigError(f'res is "{text}", expected sides of 1 to {_LARGEST_SIDE} pixels')
    return Resolution(height, width, batch)
