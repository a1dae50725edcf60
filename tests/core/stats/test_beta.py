"""The incomplete beta function, against figures that scipy 1.x gave for beta.logcdf and beta.logsf."""

import pytest

from edgeprof.core.stats.beta import ln_beta, ln_beta_tails


@pytest.mark.parametrize(
    ("x", "a", "b", "ln_lower", "ln_upper"),
    [
        (0.01, 0.5, 393.0, -0.004970745714397088, -5.306669750335069),
        (0.01, 50.5, 9970.0, -1.3372926056159497e-08, -18.13003362409576),
        (0.01, 9000.5, 991020.0, -7.758421053054928e-25, -55.51584848390383),
        (0.01, 11000.5, 989020.0, -52.13397565380629, -2.282979721363353e-23),
        (0.01, 50.5, 20.0, -194.21642098311577, -4.496556678765294e-85),
        (0.1, 300.5, 1702.0, -27.331206817878684, -1.349608159437585e-12),
        (0.001, 0.5, 7200.0, -0.00014728786147811585, -8.823195287719809),
        (0.5, 3.5, 7.4, -0.11289724716500515, -2.237194796534985),
        (0.01, 1.0, 206.0, -0.134834188668556, -2.070369185821297),
    ],
)
def test_both_tails_agree_with_scipy(x, a, b, ln_lower, ln_upper):
    assert ln_beta_tails(x, a, b) == pytest.approx((ln_lower, ln_upper), rel=1e-7, abs=1e-12)


def test_the_beta_function_is_symmetric_and_known_at_whole_numbers():
    assert ln_beta(0.5, 20) == ln_beta(20, 0.5)
    assert ln_beta(1, 4) == pytest.approx(-1.3862943611198906)  # ln(1/4)
