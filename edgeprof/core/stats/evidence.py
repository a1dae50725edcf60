"""How strongly a count of over-budget samples speaks for or against `P(over budget) <= q0`, at any stopping time.

The e-processes are ratios of a beta mixture, truncated to one side of q0, to the binomial at q0. By Ville's inequality
each crosses ln(1/alpha) under its own null with probability at most alpha, however often one looks.
"""

from __future__ import annotations

from functools import lru_cache
from math import log, log1p
from typing import Tuple

from edgeprof.core.stats.beta import ln_beta, ln_beta_tails

_GRID_STEPS = (
    20  # samples_to_pass is tabulated at multiples of 1/20 and interpolated: bisection is slow, the curve smooth
)


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


@lru_cache(maxsize=65536)
def speaks_against(n: float, over: float, q0: float, alpha: float) -> bool:
    """Whether `over` among n is evidence enough for a fail."""
    return ln_evidence_against(n, over, q0) >= -log(alpha)


@lru_cache(maxsize=None)
def _samples_to_pass_at(step: int, q0: float, alpha: float) -> float:
    over = step / _GRID_STEPS
    low, high = over, max(4 / q0, 4 * over / q0)
    while ln_evidence_for(high, over, q0) < -log(alpha):
        high *= 2
    for _ in range(40):
        middle = (low + high) / 2
        if ln_evidence_for(middle, over, q0) >= -log(alpha):
            high = middle
        else:
            low = middle
    return high


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
