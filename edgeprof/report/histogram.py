"""Latencies as bars, with each limit drawn where it lies: what is below the line is over budget."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, inf, isfinite, log10
from typing import Iterator, Optional, Sequence

from edgeprof.core.budget import Limit
from edgeprof.core.stats.percentile import percentile_of_sorted
from edgeprof.report.lines import Line, Span, line
from edgeprof.report.units import UNKNOWN, count, number, of_metric, share

_ROWS = 8
_MOST_STEPS = 1e12  # beyond this the edges are no longer apart in floating point
_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True)
class Bin:
    """Latencies above `low_s` up to and including `high_s`, as a limit counts them; the ends may be open."""

    low_s: float
    high_s: float
    count: int


def histogram(samples_s: Sequence[float], limits: Sequence[Limit], width: int) -> list[Line]:
    """A bar for each bin, every sample in one of them, and a rule for each limit."""
    ascending = sorted(samples_s)
    if not ascending:
        return [line("  no samples", "dim")]
    bins = bins_of(ascending, [limit.bound for limit in limits])
    labels = _labels(bins)
    column = max(len(label) for label in labels)
    most = max(b.count for b in bins)
    digits = len(str(most))
    room = max(10, width - 2 - column - 2 - 2 - digits)
    lowest = min((limit.bound for limit in limits), default=inf)
    lines: list[Line] = []
    waiting = sorted(limits, key=lambda limit: limit.bound)
    for b, label in zip(bins, labels, strict=True):
        while waiting and (waiting[0].bound <= b.low_s or waiting[0].bound < ascending[0]):
            lines.append(_rule(waiting.pop(0), ascending, width))
        bar = _bar(b.count / most * room)
        style = "over" if b.low_s >= lowest or lowest < ascending[0] else "bar"
        lines.append((Span(f"  {label:>{column}}  "), Span(bar.ljust(room), style), Span(f"  {b.count:>{digits}}")))
    lines += [_rule(limit, ascending, width) for limit in waiting]
    if bins[-1].high_s == inf:
        lines.append(line(f"  slowest {number(ascending[-1] * 1e3)} ms", "dim"))
    return lines


def bins_of(ascending_s: Sequence[float], edges_too_s: Sequence[float]) -> list[Bin]:
    """Even bins over the bulk, open ones for the tails, and a cut at each of `edges_too_s` inside the samples."""
    edges = set(_even_edges(ascending_s))
    edges |= {edge for edge in edges_too_s if ascending_s[0] <= edge < ascending_s[-1]}
    return list(_filled(ascending_s, sorted(edges)))


def _filled(ascending_s: Sequence[float], edges: Sequence[float]) -> Iterator[Bin]:
    before = 0
    low = -inf
    for high in (*edges, inf):
        upto = bisect_right(ascending_s, high)
        inside = isfinite(low) and isfinite(high)
        if inside and before in (0, len(ascending_s)):
            inside = False  # an empty bin at either end shows nothing
        if upto > before or inside:
            yield Bin(low, high, upto - before)
        low, before = high, upto


def _even_edges(ascending_s: Sequence[float]) -> list[float]:
    """Multiples of a round step, about `_ROWS` of them from the 1st to the 99th percentile."""
    low, high = percentile_of_sorted(ascending_s, 1), percentile_of_sorted(ascending_s, 99)
    if not (isfinite(low) and isfinite(high)):
        return []
    step = _round_step((high - low) / _ROWS or high / 100)
    if not step or high / step > _MOST_STEPS:
        return []
    return [step * i for i in range(floor(low / step), ceil(high / step) + 1)]


def _round_step(at_least: float) -> float:
    """1, 2 or 5 times a power of ten; 0 where the samples are all 0 or out of any clock's reach."""
    if not 1e-100 < at_least < 1e100:
        return 0.0
    power = 10.0 ** floor(log10(at_least))
    return next((power * m for m in (1, 2, 5) if power * m >= at_least * (1 - 1e-9)), power * 10)


def _labels(bins: Sequence[Bin]) -> list[str]:
    ends = [edge for b in bins for edge in (b.low_s, b.high_s)]
    finite = sorted({edge for edge in ends if isfinite(edge)})
    step = min((b - a for a, b in pairwise(finite)), default=None)
    return [_label(b, step) for b in bins]


def _label(b: Bin, step: Optional[float]) -> str:
    low, high = _edge(b.low_s, step), _edge(b.high_s, step)
    if b.low_s == -inf:
        return "all" if b.high_s == inf else f"up to {high} ms"
    return f"over {low} ms" if b.high_s == inf else f"{low} to {high} ms"


def _edge(seconds: float, step: Optional[float]) -> str:
    """As many decimals as tell neighbouring edges apart, within reason."""
    if not isfinite(seconds):
        return UNKNOWN
    value = seconds * 1e3
    if not step or not 1e-3 <= abs(value) < 1e7:
        return number(value)
    return f"{value:.{min(6, max(0, -floor(log10(step * 1e3) + 1e-9)))}f}"


def _bar(length: float) -> str:
    """Anything at all is seen: one sample among thousands is what a p99 is about."""
    if length <= 0:
        return ""
    eighths = max(1, round(length * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _rule(limit: Limit, ascending_s: Sequence[float], width: int) -> Line:
    over = len(ascending_s) - bisect_right(ascending_s, limit.bound)
    words = f"{limit.metric.key.split('_')[0]} limit {of_metric(limit.metric, limit.bound)}"
    seen = f"{share(over / len(ascending_s))} over" if over else f"none of {count(len(ascending_s), 'sample')} over"
    text = f" {words}, {seen} "
    return (Span("  "), Span("──" + text + "─" * max(2, width - 4 - len(text)), "budget"))
