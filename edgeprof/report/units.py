"""Seconds, bytes and shares as people read them."""

from __future__ import annotations

from math import floor, inf, isfinite, isinf, isnan, log10
from typing import Optional, Sequence

from edgeprof.core.metric import MIB, Metric

UNKNOWN = "-"
_MANY_TIMES = 10.0


def number(value: float) -> str:
    """Four significant digits, thousands in full."""
    if isnan(value):
        return "not a number"
    if isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if 1000 <= abs(value) < 1e9:
        return f"{value:.0f}"
    return f"{value:.4g}"


def measured(value: float) -> str:
    """Four digits with their zeros: 41 was allowed, 41.00 was seen."""
    if not isfinite(value) or abs(value) >= 1000 or 0 < abs(value) < 1e-3:
        return number(value)
    return f"{value:#.4g}".rstrip(".") if value else "0"


def column(values: Sequence[Optional[float]], *, decimals: int = 3) -> list[str]:
    """Numbers that stand under each other, so all with the decimals that the largest one is worth."""
    known = [abs(value) for value in values if value is not None and isfinite(value)]
    largest = max(known, default=0.0)
    if largest >= 1e7 or 0 < largest < 1e-3:
        return [UNKNOWN if value is None else number(value) for value in values]
    worth = min(decimals, max(0, 3 - floor(log10(largest)))) if largest else 0
    return [_fixed(value, worth) for value in values]


def ms(seconds: float) -> str:
    return f"{number(seconds * 1e3)} ms"


def mib(size_bytes: float) -> str:
    return f"{number(size_bytes / MIB)} MiB"


def duration(seconds: float) -> str:
    """Two digits are plenty for how long something took."""
    if not isfinite(seconds) or seconds >= 1e7:
        return f"{number(seconds)} s"
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def share(value: float) -> str:
    """A share as a percentage: one decimal below 10 %, none above."""
    percent = value * 100
    if not isfinite(percent) or abs(percent) >= 1e6:
        return f"{number(percent)} %"
    return f"{percent:.1f} %" if abs(percent) < 9.95 else f"{percent:.0f} %"


def margin(value: float) -> str:
    """What is left of a limit; a miss of many times over reads better as a multiple than in thousands of per cent."""
    if is_many_times(value):
        return f"{number(1 - value)} x limit"
    return share(value) if value < 0 else f"+{share(value)}"


def is_many_times(value: float) -> bool:
    return -inf < value <= -_MANY_TIMES


def of_metric(metric: Metric, value: float) -> str:
    """A value with the unit its metric is read in; fps is its own unit."""
    return _with_unit(metric, number(metric.shown(value)))


def seen_of_metric(metric: Metric, value: float) -> str:
    return _with_unit(metric, measured(metric.shown(value)))


def _with_unit(metric: Metric, shown: str) -> str:
    return shown if metric.key == "fps" else f"{shown} {metric.unit}"


def count(n: int, noun: str) -> str:
    if n == 1:
        return f"1 {noun}"
    return f"{n} {noun}es" if noun.endswith("s") else f"{n} {noun}s"


def _fixed(value: Optional[float], decimals: int) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:.{decimals}f}" if isfinite(value) else number(value)
