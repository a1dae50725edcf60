"""One number in a file of /sys or /proc that is kept open: reading it anew costs a single system call."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Optional

from edgeprof.agent.files import text_of

_MOST_BYTES = 1 << 12
_NUMBER = re.compile(r"-?[0-9]{1,18}")  # int() takes more: 1_0, digits of other scripts, as many as there are


class Gauge:
    """A whole number times `scale`; None while the driver will not tell it, as of a sensor that is switched off."""

    def __init__(self, path: Path, scale: float = 1.0) -> None:
        self._handle = os.open(path, os.O_RDONLY)
        self._scale = scale

    def read(self) -> Optional[float]:
        try:
            words = os.pread(self._handle, 64, 0)
        except OSError:
            return None
        value = _whole_number(words.decode("latin-1"))
        return None if value is None else value * self._scale

    def close(self) -> None:
        os.close(self._handle)


def gauge_at(path: Path, scale: float = 1.0) -> Optional[Gauge]:
    """None where there is no such file, or it is not for us to read."""
    try:
        return Gauge(path, scale)
    except OSError:
        return None


def words_at(path: Path) -> str:
    """A short file's words, without the zero byte that ends those of the device tree; empty where there is none."""
    return text_of(path, _MOST_BYTES).strip("\0\n ")


def number_at(path: Path) -> Optional[int]:
    """A file's whole number, read once; None where it does not hold one."""
    return _whole_number(words_at(path))


def _whole_number(words: str) -> Optional[int]:
    match = _NUMBER.fullmatch(words.strip("\0\n "))
    return int(match.group()) if match else None


def shown(path: Path, root: Path) -> str:
    """The path as the device knows it, whatever stands in for its root."""
    return f"/{path.relative_to(root)}"
