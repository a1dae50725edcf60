"""The interval printed beside a percentile, by the same count rules that decide: it never contradicts the verdict."""

from __future__ import annotations

from typing import Callable, Optional, Sequence

from edgeprof.core.stats.evidence import samples_needed, speaks_against
from edgeprof.core.stats.sequential import FAIL_SAMPLES, FIRST_LOOK_RATE, PASS_SAMPLES, Decision, Rule, Threshold


def upper_bound(samples: Sequence[float], q0: float, rule: Rule) -> Optional[float]:
    """The smallest latency that a PASS would hold at; None where these samples are too few for any."""
    gap = Threshold(0.0, q0).burst_gap

    def passes_at(value: float) -> bool:
        over = _positions_over(samples, value)
        burst = max(rule.burst_floor, _longest_burst(over, gap))
        return len(samples) >= samples_needed(len(over), burst, q0, rule.alpha_pass)

    if len(samples) < PASS_SAMPLES or _elapsed_s(samples) < rule.pass_s:
        return None
    return _first(sorted(set(samples)), passes_at)


def lower_bound(samples: Sequence[float], q0: float, rule: Rule, *, by_first_look: bool = False) -> Optional[float]:
    """The largest latency that the percentile is known to reach; None where nothing is known.

    A FAIL would hold at everything below it, so it is the least sample that a FAIL would not hold at.
    """
    window = Threshold(0.0, q0).window
    whole = samples if by_first_look else samples[: len(samples) - len(samples) % window]

    def does_not_fail_at(value: float) -> bool:
        over = _positions_over(whole, value)
        if by_first_look:
            return len(over) < FIRST_LOOK_RATE * len(whole)
        windows_hit = len({i // window for i in over})
        return not speaks_against(len(whole), len(over), windows_hit, window, q0=q0, alpha=rule.alpha_fail)

    if not by_first_look and (len(whole) < FAIL_SAMPLES or _elapsed_s(whole) < rule.fail_s):
        return None
    if not whole or does_not_fail_at(0.0):
        return None
    return _first(sorted(set(whole)), does_not_fail_at)


def bounds(
    samples: Sequence[float], decision: Decision, q0: float, rule: Rule
) -> tuple[Optional[float], Optional[float]]:
    """Lower and upper bound of one process's percentile, from the samples its decision was taken on."""
    used = samples[decision.first : decision.last]
    return (
        lower_bound(used, q0, rule, by_first_look=decision.by_first_look),
        upper_bound(used, q0, rule),
    )


def _elapsed_s(samples: Sequence[float]) -> float:
    """Added one by one as the test does: sum() rounds otherwise from Python 3.12 on, and 10 s is a threshold."""
    elapsed_s = 0.0
    for latency_s in samples:
        elapsed_s += latency_s
    return elapsed_s


def _positions_over(samples: Sequence[float], value: float) -> list[int]:
    return [i for i, latency_s in enumerate(samples) if latency_s > value]


def _longest_burst(positions: Sequence[int], gap: int) -> int:
    longest = burst = 0
    last: Optional[int] = None
    for i in positions:
        burst = burst + 1 if last is not None and i - last <= gap else 1
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
