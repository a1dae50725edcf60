"""Numbers with units, as flags and the environment spell them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import isfinite

from edgeprof.core.errors import ConfigError
from edgeprof.core.resolution import NATIVE, Resolution, resolution_of
from edgeprof.core.stats.steady import WarmUp
from edgeprof.documents import quoted

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_BYTES = {"b": 1, "kb": 1e3, "kib": 2**10, "mb": 1e6, "mib": 2**20, "gb": 1e9, "gib": 2**30}
_RATES = {"/s": 1.0, "fps": 1.0, "hz": 1.0}
_WATTS = {"mw": 1e-3, "w": 1.0, "kw": 1e3}
_JOULES = {"uj": 1e-6, "mj": 1e-3, "j": 1.0}
_DIMENSIONS = (_SECONDS, _BYTES, _RATES, _WATTS, _JOULES)
_MOST_ROWS = 1_000_000_000
_NUMBER = re.compile(r"([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?)\s*([a-zµ/]*)")  # 33, 0.033s, 1.5 GiB


def amount_of(text: str, unit: str) -> float:
    """The number of `unit` that `33`, `33ms` or `0.033s` stands for; ValueError for anything else."""
    units = next(units for units in _DIMENSIONS if unit.lower() in units)
    match = _NUMBER.fullmatch(text.strip().lower())
    written = match and (match[2] or unit.lower())
    if not match or written not in units:
        raise ValueError(f"not a number of {unit}")
    amount = float(f"{float(match[1]) * units[written] / units[unit.lower()]:.12g}")  # 0.0333s is 33.3ms exactly
    if not isfinite(amount):
        raise ValueError("too large")
    return amount


def seconds_of(text: str) -> float:
    """`300`, `300s`, `5m` or `1.5h` in seconds."""
    try:
        seconds = amount_of(text, "s")
    except ValueError:
        seconds = 0.0
    if seconds <= 0:
        raise ConfigError(f"{quoted(text)} is not a duration above 0", "write 300s, 5m, 1.5h or bare seconds")
    return seconds


def warm_up_of(text: str) -> WarmUp:
    """`auto` ends when the latencies are steady; `200ms`, `2s` and `20it` are exactly that."""
    words = text.strip().lower()
    if words == "auto":
        return WarmUp()
    samples = re.fullmatch(r"([0-9]{1,9})\s*it", words)
    if samples:
        return WarmUp(floor_samples=int(samples[1]), floor_s=0.0, until_steady=False)
    seconds = amount_of(words, "s")
    if seconds < 0 or words[-1] in "0123456789.":  # trtexec counts bare numbers in ms, everyone else in iterations
        raise ValueError("no unit")
    return WarmUp(floor_samples=0, floor_s=seconds, until_steady=False)


def shown_warm_up(warm_up: WarmUp) -> str:
    if warm_up.until_steady:
        return "auto: until steady"
    return f"{warm_up.floor_samples}it" if warm_up.floor_samples else f"{warm_up.floor_s:g}s"


def frame_of(text: str) -> Resolution:
    """`uint8` is a frame as large as the network's input, `uint8:1920x1080` (width x height) one of that size."""
    dtype, colon, size = text.strip().lower().partition(":")
    if dtype != "uint8" or (colon and not size):
        raise ValueError("not a frame")
    try:
        frame = resolution_of(size) if size else NATIVE
    except ConfigError as error:
        raise ValueError("not a size") from error
    if frame.batch:
        raise ValueError("a tensor's shape")
    return frame


@dataclass(frozen=True)
class Batch:
    """`rows` is what is proved and timed; a dynamic graph takes any other too."""

    rows: int = 1
    is_dynamic: bool = False

    def __str__(self) -> str:
        return f"dynamic, {self.rows} at a time here" if self.is_dynamic else str(self.rows)

    def with_rows(self, rows: int) -> Batch:
        return replace(self, rows=rows)


def batch_of(text: str) -> Batch:
    """`4`, `dynamic` or `dynamic:4`; ValueError for anything else."""
    word, colon, number = text.strip().lower().partition(":")
    is_dynamic = word == "dynamic"
    if not is_dynamic:
        word, number = "", word if not colon else ""
    rows = 1 if is_dynamic and not colon else int(number)
    if not 1 <= rows <= _MOST_ROWS:
        raise ValueError("out of range")
    return Batch(rows, is_dynamic)


def shape_of(text: str) -> tuple[int, ...]:
    """`1x3x224x224` as trtexec writes it; ValueError for anything else."""
    sides = text.strip().lower().split("x")
    if not all(re.fullmatch(r"[0-9]{1,9}", side) and int(side) > 0 for side in sides):
        raise ValueError("not a shape")
    return tuple(map(int, sides))


def gpu_of(text: str) -> str:
    """1, GPU-8f6c, MIG-41b36624-..., or MIG-GPU-8f6c.../1/0 as drivers before 470 write a slice."""
    word = text.strip()
    if not re.fullmatch(r"[0-9]{1,3}|(?i:GPU|MIG)-[0-9A-Za-z/-]{1,80}", word):
        raise ValueError("no card")
    return word
