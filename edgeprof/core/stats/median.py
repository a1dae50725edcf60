"""The median, without the standard library's statistics, whose fractions every start of an agent would pay for."""

from __future__ import annotations

from typing import Iterable


def median(values: Iterable[float]) -> float:
    """The middle value, or the mean of the two in the middle."""
    ascending = sorted(values)
    if not ascending:
        raise ValueError("no values")
    half = len(ascending) // 2
    return ascending[half] if len(ascending) % 2 else (ascending[half - 1] + ascending[half]) / 2
