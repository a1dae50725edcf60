"""The image files of a folder: found by what is in them, decoded to RGB whatever they hold."""

from __future__ import annotations

import io
import os
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Union

from edgeprof.convert.ort import first_line
from edgeprof.core.errors import ConfigError
from edgeprof.core.files import digest_of_bytes, digest_of_file

MOST = 128
_LOOKED_AT = 4096  # more than this many files are thinned before any is opened
_LARGEST_BYTES = 256 << 20
_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1")
_FLAG = "--calibration"
_ORIENTATION = 0x0112
# What Pillow's readers were seen to raise on broken files.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)


@dataclass(frozen=True)
class Picture:
    pixels: Any  # uint8 of HxWx3
    digest: str
    remarks: tuple[str, ...] = ()  # what was done to it beyond decoding


@dataclass(frozen=True)
class Unreadable:
    why: str


def find(folder: str) -> list[Path]:
    """At most MOST images of the folder and those below it, taken evenly from all of them, by name."""
    root = Path(folder)
    if not root.is_dir():
        raise ConfigError(f'"{folder}" is not a folder', "name a folder with images", where=_FLAG)
    files: list[Path] = []
    for place, folders, names in os.walk(root, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(place) / name for name in names if not name.startswith(".")]
    found = [path for path in _thinned(sorted(files), _LOOKED_AT) if _is_image(path)]
    if not found:
        raise ConfigError(
            f'"{folder}" holds no images ({len(files)} files)', "name a folder with JPEG or PNG files", where=_FLAG
        )
    return _thinned(found, MOST)


def digests_of(paths: Sequence[Path], known: dict[str, Any]) -> list[str]:
    """The digest of each file; `known` keeps them under size and stamp, and is brought up to date."""
    digests, seen = [], {}
    for path in paths:
        try:
            status = path.stat()
            mark = [status.st_size, status.st_mtime_ns]
            before = known.get(str(path.absolute()))
            digest = before[1] if before and before[0] == mark else digest_of_file(path)
        except OSError as error:
            raise ConfigError(f'"{path}" cannot be read: {error.strerror}', "check the folder", where=_FLAG) from error
        seen[str(path.absolute())] = [mark, digest]
        digests.append(digest)
    known.clear()
    known.update(seen)
    return digests


def decode(path: Path) -> Union[Picture, Unreadable]:
    """The picture as a person would see it: upright, its first frame, 8 bits a channel."""
    from PIL import Image

    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return Unreadable(f"it has {path.stat().st_size >> 20} MiB, at most {_LARGEST_BYTES >> 20} are read")
        content = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decoded(content)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ConfigError(
            f'"{path}" is too large to decode: {first_line(error)}', "take it out of the folder", where=_FLAG
        ) from error
    except _BROKEN as error:
        return Unreadable(first_line(error))


def _decoded(content: bytes) -> Union[Picture, Unreadable]:
    from PIL import Image, ImageOps

    remarks = []
    with Image.open(io.BytesIO(content)) as image:
        if getattr(image, "is_animated", False):
            remarks.append("the first of several frames")
        image.load()
        upright: Any = image
        if _is_turned(image):
            upright = ImageOps.exif_transpose(image)
            remarks.append("turned upright by its EXIF")
        if image.mode not in ("RGB", "L"):
            remarks.append(f"converted from {image.mode}")
        pixels = _rgb(upright)
    return pixels if isinstance(pixels, Unreadable) else Picture(pixels, digest_of_bytes(content), tuple(remarks))


def _is_turned(image: Any) -> bool:
    try:
        return image.getexif().get(_ORIENTATION, 1) in range(2, 9)
    except _BROKEN:  # a torn EXIF block says nothing about the pixels
        return False


def _rgb(image: Any) -> Any:
    import numpy as np

    if image.mode == "F":
        return Unreadable("its pixels are floats without a known range")
    if not image.mode.startswith("I"):
        return np.asarray(image.convert("RGB"))
    wide = np.asarray(image).astype(np.int64)  # Pillow's own conversion would cut 16 bits off at 255
    if wide.min() < 0 or wide.max() > 65535:
        return Unreadable("its pixels are 32-bit numbers without a known range")
    grey = ((wide + 128) // 257).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _is_image(path: Path) -> bool:
    try:
        if not path.is_file():  # opening a pipe would wait for its writer
            return False
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    return (
        head.startswith(_HEADS)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in _BRANDS)
        or (head[:2] == b"BM" and head[6:10] == b"\0\0\0\0")
        or (head[:1] == b"P" and head[1:2] in (b"1", b"2", b"3", b"4", b"5", b"6") and head[2:3].isspace())
    )


def _thinned(paths: list[Path], most: int) -> list[Path]:
    if len(paths) <= most:
        return paths
    return [paths[place * len(paths) // most] for place in range(most)]


def _refuse(error: OSError) -> NoReturn:
    raise ConfigError(f'"{error.filename}" cannot be read: {error.strerror}', "check the folder", where=_FLAG)
