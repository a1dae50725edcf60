"""From pixels to what a network takes: the whole image fitted into its frame, normalised, channels first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
OWN = "the model's own"
_REACH = {"bilinear": 1, "bicubic": 2}


@dataclass(frozen=True)
class Preprocessing:
    """Mean and standard deviation are of pixels between 0 and 1, one figure a channel."""

    mean: tuple[float, ...] = _IMAGENET_MEAN
    std: tuple[float, ...] = _IMAGENET_STD
    interpolation: str = "bilinear"  # or bicubic
    antialias: bool = True  # as Pillow, timm and torchvision shrink; TensorRT reads no graph that does
    origin: str = "assumed: 1/255 and ImageNet's statistics"


@dataclass(frozen=True)
class Placement:
    """Where an image lies in a frame: in the corner above and to the left, as large as fits, nothing of it cut off."""

    height: int
    width: int
    rows: int  # of padding below it
    columns: int  # of padding beside it


def described(mean: object, std: object, interpolation: object) -> dict[str, str]:
    """The same figures as a card keeps them."""

    def words(figures: Any) -> str:
        return " ".join(repr(float(figure)) for figure in figures)

    return {"mean": words(mean), "std": words(std), "interpolation": str(interpolation)}


def preprocessing_from_card(card: Mapping[str, str]) -> Preprocessing:
    """What the model's own card says, else what most networks for images take."""
    if "mean" not in card or "std" not in card:
        return Preprocessing()
    mean, std = ([float(word) for word in card[key].split()] for key in ("mean", "std"))
    asked = card.get("interpolation", "bilinear")
    known = asked if asked in _REACH else "bilinear"
    origin = OWN if known == asked else f"{OWN}, but bilinear for {asked}"
    return Preprocessing(tuple(mean), tuple(std), known, origin=origin)


def placement(height: int, width: int, frame_height: int, frame_width: int) -> Placement:
    scale = min(frame_height / height, frame_width / width)
    inside_height = min(frame_height, max(1, round(height * scale)))
    inside_width = min(frame_width, max(1, round(width * scale)))
    return Placement(inside_height, inside_width, frame_height - inside_height, frame_width - inside_width)


def tensor_from_image(image: Any, height: int, width: int, how: Preprocessing) -> Any:
    """float32 of 1xCxHxW from pixels of HxWxC, each between 0 and 255."""
    return normalised(fitted(image, height, width, how), how)[None]


def fitted(image: Any, height: int, width: int, how: Preprocessing) -> Any:
    """float32 pixels of the frame; the padding has the mean colour, which is zero once it is normalised."""
    import numpy as np

    place = placement(image.shape[0], image.shape[1], height, width)
    inside = resized(image, place.height, place.width, how.interpolation, antialias=how.antialias)
    if not place.rows and not place.columns:
        return inside
    frame = np.empty((height, width, image.shape[2]), np.float32)
    frame[:] = np.asarray(how.mean, np.float32) * 255
    frame[: place.height, : place.width] = inside
    return frame


def normalised(pixels: Any, how: Preprocessing) -> Any:
    """float32 of CxHxW from pixels of HxWxC, each between 0 and 255."""
    import numpy as np

    mean, std = np.asarray(how.mean, np.float32), np.asarray(how.std, np.float32)
    scaled = (np.asarray(pixels, np.float32) / np.float32(255) - mean) / std
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def resized(image: Any, height: int, width: int, interpolation: str, *, antialias: bool) -> Any:
    """float32 pixels; without antialias as ONNX and torch resize (half_pixel), with it as Pillow, but for rounding."""
    import numpy as np

    pixels = image
    for axis, wanted in ((1, width), (0, height)):
        if pixels.shape[axis] != wanted:
            pixels = _along(pixels, axis, wanted, interpolation, antialias=antialias)
            if antialias:  # bicubic swings over its edges; Pillow cuts that off each way
                pixels = np.clip(pixels, 0, 255)
    return np.clip(np.asarray(pixels, np.float32), 0, 255)


def resampled(array: Any, axis: int, wanted: int) -> Any:
    """Bilinear along one axis without antialiasing, whatever the numbers mean."""
    return array if array.shape[axis] == wanted else _along(array, axis, wanted, "bilinear", antialias=False)


def _along(image: Any, axis: int, wanted: int, interpolation: str, *, antialias: bool) -> Any:
    import numpy as np

    places, weights = _taps(image.shape[axis], wanted, interpolation, antialias=antialias)
    shape = [1] * image.ndim
    shape[axis] = wanted
    total: Any = 0
    for tap in range(places.shape[1]):
        total = total + np.take(image, places[:, tap], axis=axis) * weights[:, tap].reshape(shape)
    return total


def _taps(own: int, wanted: int, interpolation: str, *, antialias: bool) -> tuple[Any, Any]:
    """Which pixels make each new one, and their weights: the kernel is stretched where several fall into one."""
    import numpy as np

    ratio = own / wanted
    stretch = max(ratio, 1.0) if antialias else 1.0
    reach = _REACH[interpolation] * stretch
    centres = (np.arange(wanted) + 0.5) * ratio - 0.5
    places = np.ceil(centres - reach)[:, None] + np.arange(int(2 * reach) + 1)
    distances = np.abs(places - centres[:, None]) / stretch
    weights = _triangle(distances) if interpolation == "bilinear" else _cubic(distances, -0.5 if antialias else -0.75)
    if antialias:
        weights[(places < 0) | (places >= own)] = 0
        weights /= weights.sum(axis=1, keepdims=True)
    return np.clip(places, 0, own - 1).astype(np.int64), weights.astype(np.float32)


def _triangle(distances: Any) -> Any:
    import numpy as np

    return np.maximum(0.0, 1.0 - distances)


def _cubic(distances: Any, a: float) -> Any:
    """Keys' kernel, "Cubic Convolution Interpolation for Digital Image Processing", 1981; libraries differ in `a`."""
    import numpy as np

    near = ((a + 2) * distances - (a + 3)) * distances**2 + 1
    far = (((distances - 5) * distances + 8) * distances - 4) * a
    return np.where(distances <= 1, near, np.where(distances < 2, far, 0.0))
