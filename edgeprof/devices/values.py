"""Plain values out of YAML nodes, each refused by its place when it cannot be meant."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from edgeprof.documents import Node, nearest_hint

LARGEST = 1e21  # no device has a figure beyond it, whatever its unit


def text_of(node: Node) -> str:
    """Words; a bare number such as `3.8` stays as it was typed."""
    if isinstance(node.value, bool) or not isinstance(node.value, (str, int, float)) or not node.raw.strip():
        raise node.misfit("text")
    return node.raw.strip()


def word_of(node: Node, known: Sequence[str]) -> str:
    word = text_of(node)
    if word not in known:
        raise node.misfit(f"one of {', '.join(known)}", nearest_hint(word, known))
    return word


def texts_of(node: Node | None) -> tuple[str, ...]:
    return tuple(text_of(item) for item in node.items()) if node else ()


def number_of(node: Node, scale: float = 1.0) -> float:
    """A number above 0, in the key's unit, times what makes it the program's."""
    if type(node.value) not in (int, float):
        raise node.misfit("a number above 0")
    value = float(node.value) * scale  # type: ignore[arg-type]
    if not isfinite(value) or not 0 < value < LARGEST:
        raise node.misfit("a number above 0")
    return value


def count_of(node: Node | None) -> int | None:
    """A whole number, 0 included; None where the key is missing."""
    if node is None:
        return None
    if type(node.value) is not int or not 0 <= node.value <= 1_000_000:
        raise node.misfit("a whole number")
    return node.value


def switch_of(node: Node | None) -> bool:
    if node is None:
        return False
    if not isinstance(node.value, bool):
        raise node.misfit("true or false")
    return node.value


def pair_of(node: Node, expected: str) -> tuple[Node, Node]:
    items = node.items()
    if len(items) != 2:
        raise node.misfit(expected)
    return items[0], items[1]
