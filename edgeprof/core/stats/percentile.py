"""Percentiles as order statistics, never interpolated: the answer is always a latency that was seen."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Sequence


def percentile(latencies_s: Sequence[float], percent: float) -> float:
    """The smallest sample that at least `percent` % of the samples do not exceed."""
    return percentile_of_sorted(sorted(latencies_s), percent)


def percentile_of_sorted(ascending_s: Sequence[float], percent: float) -> float:
    """`percentile` for samples already in order."""
    if not ascending_s:
        raise ValueError("no samples")
    # A fraction, because 0.99 * 100 is 99.00000000000001 as a float and would name the wrong sample.
    rank = ceil(Fraction(str(percent)) * len(ascending_s) / 100)
    return ascending_s[max(rank, 1) - 1]
