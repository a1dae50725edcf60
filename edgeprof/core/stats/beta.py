"""The regularised incomplete beta function in log space, accurate in both tails."""

from __future__ import annotations

from math import exp, inf, lgamma, log, log1p
from typing import Tuple

_TINY = 1e-300
_CONVERGED = 1e-13
_MOST_TERMS = 100_000


def ln_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def ln_beta_tails(x: float, a: float, b: float) -> Tuple[float, float]:
    """ln I_x(a, b) and ln(1 - I_x(a, b)); the smaller tail is computed directly, the other from it."""
    ln_front = a * log(x) + b * log1p(-x) - ln_beta(a, b)
    if x < (a + 1) / (a + b + 2):
        ln_lower = ln_front + log(_continued_fraction(a, b, x)) - log(a)
        return ln_lower, _ln_complement(ln_lower)
    ln_upper = ln_front + log(_continued_fraction(b, a, 1 - x)) - log(b)
    return _ln_complement(ln_upper), ln_upper


def _ln_complement(ln_p: float) -> float:
    return log1p(-exp(ln_p)) if ln_p < 0 else -inf


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Lentz's method for the continued fraction of I_x(a, b) (DLMF 8.17.22)."""
    c = 1.0
    d = 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _CONVERGED:
            return value
    raise ArithmeticError(f"the incomplete beta function did not converge at a={a}, b={b}, x={x}")


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
