"""What one place says: flags, the environment, a file or one of its devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Given:
    """A value, the words that say where it came from, and the folder its paths start in."""

    value: Any
    origin: str
    folder: Path
    rank: int = 0  # the layer it was found in; 0 wins

    @property
    def where(self) -> str:
        """The origin as an error begins with it."""
        return self.origin.removeprefix("flag ")


@dataclass(frozen=True)
class Layer:
    """Settings by key, limits by metric in config units, shapes and input files by the input's name, requirements."""

    values: Mapping[str, Given] = field(default_factory=dict)
    limits: Mapping[str, Given] = field(default_factory=dict)
    shapes: Mapping[str, Given] = field(default_factory=dict)
    inputs: Mapping[str, Given] = field(default_factory=dict)
    required: Mapping[str, Given] = field(default_factory=dict)


EMPTY = Layer()


def first(layers: tuple[Layer, ...], key: str) -> Given | None:
    """The setting from the first layer that has it."""
    for rank, layer in enumerate(layers):
        if key in layer.values:
            return replace(layer.values[key], rank=rank)
    return None


def merged(parts: Iterable[Mapping[str, Given]]) -> dict[str, Given]:
    """Name by name, the first layer wins."""
    together: dict[str, Given] = {}
    for part in parts:
        for name, given in part.items():
            together.setdefault(name, given)
    return together
