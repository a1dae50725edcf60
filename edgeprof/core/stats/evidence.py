"""How strongly a count of over-budget samples speaks for or against `P(over budget) <= q0`, at any stopping time.

The e-processes are ratios of a beta mixture, truncated to one side of q0, to the binomial at q0. By Ville's inequality
each crosses ln(1/alpha) under its own null with probability at most alpha, however often one looks.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, log, log1p
from typing import Callable, Tuple

from edgeprof.core.stats.beta import ln_beta, ln_beta_tails

# samples_to_pass is tabulated at multiples of 1/20 and interpolated: a root takes 0.3 ms, the curve is smooth.
_MOST_WINDOWS = 0.5
_GRID_STEPS = 20
_ROOT_TOLERANCE = 1e-10  # relative


def ln_evidence_for(n: float, over: float, q0: float) -> float:
    """Evidence that the over-budget rate is below q0. Counts may be real: blocks are counted in fractions."""
    return _ln_mixture(n, over, q0) + _tails(n, over, q0)[0] - _prior_tails(q0)[0]


def ln_evidence_against(n: float, over: float, q0: float) -> float:
    """Evidence that the over-budget rate is above q0."""
    return _ln_mixture(n, over, q0) + _tails(n, over, q0)[1] - _prior_tails(q0)[1]


def samples_to_pass(over: float, q0: float, alpha: float) -> float:
    """Least real n at which `over` over-budget samples among n are evidence enough for a pass."""
    step = int(over * _GRID_STEPS)
    fraction = over * _GRID_STEPS - step
    below = _samples_to_pass_at(step, q0, alpha)
    if fraction == 0:
        return below
    return below * (1 - fraction) + _samples_to_pass_at(step + 1, q0, alpha) * fraction


def samples_needed(over: int, burst: int, q0: float, alpha: float) -> int:
    """Least n for a pass, counted in blocks as long as a burst: that is what dependence is allowed to be."""
    # The small subtraction keeps the rounding of the root from asking for one sample more.
    return ceil(burst * samples_to_pass(over / burst, q0, alpha) - 1e-6)


def speaks_against(n: int, over: int, windows_hit: int, window: int, *, q0: float, alpha: float) -> bool:
    """Whether the counts are evidence enough for a fail, by either of two rules that share `alpha`."""
    # At most window * q0 of the windows hold a miss under the null, whatever the dependence inside a window. Where that
    # is most of them, as at a low percentile, it says nothing.
    of_windows = window * q0
    if (
        of_windows <= _MOST_WINDOWS
        and windows_hit > q0 * n
        and _is_evidence(n // window, windows_hit, of_windows, alpha / 2)
    ):
        return True
    # Thinned by twice the window: long bursts touch few windows but hold many samples.
    blocks = 2 * window
    return over > q0 * n and _is_evidence(n / blocks, over / blocks, q0, alpha / 2)


@lru_cache(maxsize=65536)
def _is_evidence(n: float, over: float, q0: float, alpha: float) -> bool:
    return ln_evidence_against(n, over, q0) >= -log(alpha)


@lru_cache(maxsize=None)
def _samples_to_pass_at(step: int, q0: float, alpha: float) -> float:
    over = step / _GRID_STEPS

    def excess(n: float) -> float:
        return ln_evidence_for(n, over, q0) + log(alpha)

    high = 4 * (over + 1) / q0
    while excess(high) < 0:
        high *= 2
    return _root(excess, over / q0, high)


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that is below 0 at `low` and above it at `high` crosses 0, by the Illinois method."""
    at_low, at_high = rising(low), rising(high)
    side = 0
    while True:
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        at_middle = rising(middle)
        moved = middle - (high if at_middle >= 0 else low)
        if at_middle >= 0:
            high, at_high = middle, at_middle
            at_low, side = (at_low / 2 if side > 0 else at_low), 1
        else:
            low, at_low = middle, at_middle
            at_high, side = (at_high / 2 if side < 0 else at_high), -1
        if abs(moved) <= _ROOT_TOLERANCE * middle or at_middle == 0:
            return middle


def _prior(q0: float) -> Tuple[float, float]:
    # b scales with the percentile: a fixed b = 20 fits p99 only and would fail p99.9 on a single sample.
    return 0.5, 0.2 / q0


def _ln_mixture(n: float, over: float, q0: float) -> float:
    a, b = _prior(q0)
    return ln_beta(a + over, b + n - over) - ln_beta(a, b) - over * log(q0) - (n - over) * log1p(-q0)


def _tails(n: float, over: float, q0: float) -> Tuple[float, float]:
    a, b = _prior(q0)
    return ln_beta_tails(q0, a + over, b + n - over)


@lru_cache(maxsize=None)
def _prior_tails(q0: float) -> Tuple[float, float]:
    return ln_beta_tails(q0, *_prior(q0))
