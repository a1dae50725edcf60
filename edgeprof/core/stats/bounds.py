"""The interval printed beside a percentile, by the same count rules that decide: it never contradicts the verdict."""

from __future__ import annotations

from math import ceil
from typing import Callable, Optional, Sequence

from edgeprof.core.stats.evidence import samples_to_pass, speaks_against
from edgeprof.core.stats.sequential import FIRST_LOOK_RATE, Decision, Rule, Threshold


def upper_bound(samples: Sequence[float], q0: float, rule: Rule) -> Optional[float]:
    """The smallest latency that a PASS would hold at; None where these samples are too few for any."""

    def passes_at(value: float) -> bool:
        over = _positions_over(samples, value)
        block = float(max(rule.burst_floor, _longest_burst(over, Threshold(value, q0).window)))
        return len(samples) >= ceil(block * samples_to_pass(len(over) / block, q0, rule.alpha_pass) - 1e-6)

    if not samples or sum(samples) < rule.pass_s:
        return None
    return _first(sorted(set(samples)), passes_at)


def lower_bound(samples: Sequence[float], q0: float, rule: Rule, *, by_first_look: bool = False) -> Optional[float]:
    """The largest latency that a FAIL would hold at; None where there is none."""
    window = Threshold(0.0, q0).window
    whole = samples if by_first_look else samples[: len(samples) - len(samples) % window]

    def does_not_fail_at(value: float) -> bool:
        over = _positions_over(whole, value)
        if by_first_look:
            return len(over) < FIRST_LOOK_RATE * len(whole)
        n, windows = len(whole), len({i // window for i in over})
        alpha = rule.alpha_fail / 2
        in_windows = windows > q0 * n and speaks_against(n // window, windows, min(window * q0, 0.5), alpha)
        in_blocks = len(over) > q0 * n and speaks_against(n / (2 * window), len(over) / (2 * window), q0, alpha)
        return not (in_windows or in_blocks)

    if not whole or (not by_first_look and (len(whole) < 30 or sum(whole) < rule.fail_s)):
        return None
    # A FAIL at B says "more than B": the bound is the least sample at which it no longer holds, itself not exceeded.
    ascending = sorted(set(whole))
    if does_not_fail_at(0.0):
        return None
    return _first(ascending, does_not_fail_at)


def bounds(
    samples: Sequence[float], decision: Decision, q0: float, rule: Rule
) -> tuple[Optional[float], Optional[float]]:
    """Lower and upper bound of one process's percentile, from the samples its decision was taken on."""
    used = samples[decision.first : decision.last]
    return (
        lower_bound(used, q0, rule, by_first_look=decision.by_first_look),
        upper_bound(used, q0, rule),
    )


def _positions_over(samples: Sequence[float], value: float) -> list[int]:
    return [i for i, latency_s in enumerate(samples) if latency_s > value]


def _longest_burst(positions: Sequence[int], window: int) -> int:
    longest = burst = 0
    last: Optional[int] = None
    for i in positions:
        burst = burst + 1 if last is not None and i - last <= window else 1
        last = i
        longest = max(longest, burst)
    return longest


def _first(ascending: Sequence[float], accepts: Callable[[float], bool]) -> Optional[float]:
    """The first value accepted, given that all after it are accepted too."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        if accepts(ascending[middle]):
            high = middle
        else:
            low = middle + 1
    return ascending[low] if low < len(ascending) else None
