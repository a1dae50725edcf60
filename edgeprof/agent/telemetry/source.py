"""One way to read a device: what it reads each time, how often that is worth while, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Mapping

Readings = Dict[str, float]  # series: its value now; what cannot be read is not in it


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Source:
    """`way` names how a series is read, for the record."""

    read: Callable[[], Readings]
    way: Callable[[str], str]
    # A look takes a core that the model may be using; once a second is plenty for what moves slowly or counts.
    pace_s: float = 1.0
    count: Callable[[], Mapping[str, int]] = dict  # totals since boot; a name in _bits holds bits
    close: Callable[[], None] = _nothing
