"""When warm-up ends, and what is called drift."""

import random

import pytest

from edgeprof.core.stats.steady import Spread, WarmUp, WarmUpWatch, spread


def warm(latencies, rule=WarmUp()):
    """How many samples warm-up took and whether it ended steady; None while it has not."""
    watch = WarmUpWatch(rule)
    for count, latency_s in enumerate(latencies, 1):
        steady = watch.feed(latency_s)
        if steady is not None:
            return count, steady
    return None


def test_a_steady_model_warms_up_for_fifty_samples_and_a_second():
    assert warm([0.05] * 1000) == (50, True)
    assert warm([0.01] * 1000) == (100, True)


def test_a_slow_model_warms_up_for_ten_samples_and_ten_seconds():
    assert warm([1.0] * 100) == (10, True)
    assert warm([0.5] * 100) == (20, True)


def test_a_falling_latency_is_waited_for():
    falling = [0.05 * (1 + 0.9 ** (i / 10)) for i in range(2000)]
    count, steady = warm(falling, WarmUp(cap_s=100.0))
    assert steady
    assert count > 200
    half = falling[count // 2 : count]
    assert max(half) / min(half) < 1.06


def test_each_look_comes_a_quarter_later_than_the_last():
    growing = [0.05 * 1.02**i for i in range(120)]
    growing += [growing[-1]] * 400
    looks = [50, 63, 79, 99, 124, 155, 194, 243]
    rule = WarmUp(cap_s=1e9)
    assert warm(growing, rule)[0] in looks


def test_warm_up_is_capped_and_says_that_it_never_became_steady():
    endless = [0.05 * 1.02**i for i in range(1000)]
    count, steady = warm(endless)
    assert steady is False
    assert sum(endless[: count - 1]) < 30 <= sum(endless[:count])


def test_a_warm_up_of_asked_length_ends_there_whatever_it_saw():
    assert warm([0.05 * 1.1**i for i in range(100)], WarmUp(20, 0.0, until_steady=False)) == (20, True)


def test_real_noise_does_not_keep_warm_up_from_ending():
    noise = random.Random(3)
    ended = [warm([0.02 * noise.lognormvariate(0, 0.1) for _ in range(2000)]) for _ in range(100)]
    assert sum(steady for _, steady in ended) == 100
    assert sorted(count for count, _ in ended)[50] <= 63


def test_a_spread_of_three_percent_is_never_drift():
    quiet = [1.0] * 100 + [1.029] * 300
    assert spread(quiet).relative == pytest.approx(0.029)
    assert not spread(quiet).is_drift
    assert spread([1.0] * 100 + [1.031] * 300).is_drift


def test_noise_widens_what_is_still_no_drift():
    assert Spread(0.04, 0.0).is_drift
    assert not Spread(0.04, 0.009).is_drift
    assert Spread(0.04, 0.009).is_warming
    assert not Spread(0.04, 0.021).is_warming


def test_the_standard_error_comes_from_the_median_deviation():
    samples = [0.9, 1.1] * 200
    assert spread(samples).standard_error == pytest.approx(1.25 * 1.4826 * 0.1 * (4 / 400) ** 0.5)


def test_a_clock_too_coarse_for_the_model_shows_no_drift():
    assert spread([0.0, 0.0, 0.0, 1.0]) == Spread(0.0, 0.0)


def test_quarters_need_four_samples():
    with pytest.raises(ValueError, match="needs 4"):
        spread([1.0] * 3)
