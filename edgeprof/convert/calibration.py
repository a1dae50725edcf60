"""What the ranges of a graph are taken over: a folder's images one after the other, or random frames."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeprof.convert.feed import drawn, random_feed
from edgeprof.convert.images import Picture, decode
from edgeprof.convert.preprocess import Preprocessing, fitted, placement, tensor_from_image
from edgeprof.convert.ranges import METHOD
from edgeprof.core.codec import plain
from edgeprof.core.errors import ConfigError
from edgeprof.core.files import digest_of_json
from edgeprof.core.job import Tensor

RANDOM_SETS = 8
LOG = "calibration.json"
_CHANNELS = (1, 3)
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's own greyscale


class Images:
    """Feeds of a graph from image files, made as they are asked for: one batch of images is in memory at a time."""

    def __init__(
        self, folder: str, paths: Sequence[Path], inputs: Sequence[Tensor], how: Preprocessing, *, bgr: bool = False
    ) -> None:
        """`bgr` is the order in which a camera's graph takes its channels."""
        self.paths = paths
        self._folder, self._inputs, self._bgr = Path(folder), inputs, bgr
        self._image = image_input(inputs)
        height, width, self._channels = _size(self._image)
        self._size = (height, width)
        self.how = _for_channels(how, self._channels)
        self.read: dict[str, dict[str, Any]] = {}
        self.skipped: dict[str, str] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Feeds of whole batches; the last one begins again with its own images. An image that is broken is skipped."""
        rows: list[Any] = []
        batch = self._image.shape[0]
        found = False
        for path in self.paths:
            picture = self._picture(path)
            if picture is None:
                continue
            found = True
            rows.append(self._row(picture.pixels))
            if len(rows) == batch:
                yield self._feed(rows)
                rows = []
        if rows:
            yield self._feed([rows[place % len(rows)] for place in range(batch)])
        if not found:
            name, why = next(iter(self.skipped.items()), ("", "there are none"))
            raise ConfigError(
                f'none of the {len(self.paths)} images in "{self._folder}" can be read; "{name}": {why}',
                "name a folder with JPEG or PNG files",
                where="--calibration",
            )

    def taking(self, paths: Sequence[Path]) -> Images:
        """The same over other files of the folder."""
        return Images(str(self._folder), paths, self._inputs, self.how, bgr=self._bgr)

    @property
    def names(self) -> list[str]:
        return [path.relative_to(self._folder).as_posix() for path in self.paths]

    def _picture(self, path: Path) -> Picture | None:
        name = path.relative_to(self._folder).as_posix()
        picture = decode(path)
        if not isinstance(picture, Picture):
            self.skipped[name] = picture.why
            return None
        height, width = picture.pixels.shape[:2]
        place = placement(height, width, *self._size)
        self.read[name] = {
            "sha256": picture.digest,
            "size": [height, width],
            "padded": [place.rows, place.columns],
            "remarks": list(picture.remarks),
        }
        return picture

    def _row(self, pixels: Any) -> Any:
        """One image as the graph takes it: normalised, or as the pixels of a camera's frame."""
        import numpy as np

        if self._channels == 1:
            pixels = (pixels @ np.asarray(_LUMA, np.float32))[:, :, None]
        if self._bgr:
            pixels = pixels[:, :, ::-1]
        if self._image.dtype != "uint8":
            return tensor_from_image(pixels, *self._size, self.how)
        return np.rint(fitted(pixels, *self._size, self.how)).astype(np.uint8)[None]

    def _feed(self, rows: Sequence[Any]) -> dict[str, Any]:
        import numpy as np

        random = np.random.default_rng(0)
        feed = {tensor.name: drawn(random, tensor) for tensor in self._inputs if tensor != self._image}
        return {**feed, self._image.name: np.concatenate(rows)}


def image_input(inputs: Sequence[Tensor]) -> Tensor:
    for tensor in inputs:
        if len(tensor.shape) == 4 and tensor.dtype in ("float32", "uint8") and _size(tensor)[2] in _CHANNELS:
            return tensor
    seen = ", ".join(map(str, inputs))
    raise ConfigError(f"no input takes an image: {seen}", "leave it out", where="--calibration")


def random_feeds(inputs: Sequence[Tensor], known: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The known inputs, then random frames until there are RANDOM_SETS."""
    count = 0
    for feed in known:
        yield feed
        count += 1
    for number in range(count, RANDOM_SETS):  # the known ones were drawn from the seeds before
        yield random_feed(inputs, number)


def write_log(
    folder: Path,
    images: Images | None,
    ranges: Mapping[str, tuple[float, float]],
    details: Mapping[str, Any],
) -> dict[str, str]:
    """Everything that an audit needs to do it again, beside the artefact; what of it goes on the card."""
    taken = {} if images is None else {"images": images.read, "skipped": images.skipped, "how": plain(images.how)}
    log = {"method": METHOD, **taken, **details}
    digest = digest_of_json(log)
    ends = {name: [_finite(end) for end in pair] for name, pair in sorted(ranges.items())}
    (folder / LOG).write_text(json.dumps({**log, "digest": digest, "ranges": ends}, indent=1))
    return {"calibration": digest, "calibration_log": LOG, "calibration_method": METHOD}


def _finite(value: float) -> Any:
    return value if math.isfinite(value) else str(value)


def _size(tensor: Tensor) -> tuple[int, int, int]:
    """Height, width and channels: a camera's frame has its channels last."""
    _, first, second, third = tensor.shape
    return (first, second, third) if tensor.dtype == "uint8" and third in _CHANNELS else (second, third, first)


def _for_channels(how: Preprocessing, channels: int) -> Preprocessing:
    if len(how.mean) == channels:
        return how
    mean, std = (sum(figures) / len(figures) for figures in (how.mean, how.std))
    return replace(how, mean=(mean,) * channels, std=(std,) * channels)
