"""The sequential test of one limit in one process."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.stats.sequential import CountTest, Outcome, Rule, SequentialTest, Threshold, decide, holds

P99 = Threshold(1.0, 0.01)
RULE = Rule()
AT_ONCE = Rule(pass_s=0.0, fail_s=0.0)
UNDER, OVER = 0.9, 1.1
ORDER = {Outcome.FAIL: 0, None: 1, Outcome.PASS: 2}


def first_found(samples, threshold=P99, rule=RULE):
    """The outcome of the count rules and how many samples it took."""
    test = CountTest(threshold, rule)
    for n, latency_s in enumerate(samples, 1):
        found = test.feed(latency_s)
        if found is not None:
            return found, n
    return None, len(samples)


def missing_at(positions, count=3000, under=UNDER, over=OVER):
    samples = [under] * count
    for i in positions:
        samples[i] = over
    return samples


@pytest.mark.parametrize("misses", range(6))
def test_a_pass_with_isolated_misses_takes_so_many_samples(misses):
    taken = [745, 1064, 1321, 1550, 1763, 1965][misses]
    assert first_found(missing_at(range(20, 20 + 50 * misses, 50))) == (Outcome.PASS, taken)


def test_the_longest_burst_sets_the_block_that_samples_are_counted_in():
    apart = missing_at([100, 150, 200, 250])
    bunched = missing_at([100, 110, 120, 130])  # neighbours ten apart are one burst
    barely_apart = missing_at([100, 111, 122, 133])
    assert first_found(apart) == first_found(barely_apart) == (Outcome.PASS, 1763)
    found, n = first_found(bunched)
    assert found is Outcome.PASS
    assert n > 4 * 600


def test_bursts_are_counted_and_the_longest_kept():
    test = CountTest(P99, RULE)
    for latency_s in missing_at([10, 15, 24, 100, 300, 305], 400):
        test.feed(latency_s)
    assert (test.over, test.bursts, test.longest_burst) == (6, 3, 3)


def test_a_latency_at_the_limit_is_not_over_it():
    assert first_found([1.0] * 800) == (Outcome.PASS, 745)


def test_a_pass_takes_ten_seconds_of_sampling():
    found, n = first_found([0.005] * 3000)
    assert found is Outcome.PASS
    assert n in (2000, 2001)


def test_a_clear_miss_is_answered_in_ten_samples():
    assert first_found([OVER] * 50) == (Outcome.FAIL, 10)
    assert first_found([UNDER] + [OVER] * 50) == (Outcome.FAIL, 10)


def test_a_clear_miss_of_a_fast_model_takes_a_second():
    limit = Threshold(0.010, 0.01)
    found, n = first_found([0.0125] * 500, limit)
    assert found is Outcome.FAIL
    assert n in (80, 81)


def test_the_first_look_comes_once_and_wants_nine_in_ten():
    found, n = first_found([UNDER, UNDER] + [OVER] * 50)
    assert found is Outcome.FAIL
    assert n == 40  # by counts, once four windows of ten are hit


def test_a_median_gets_no_first_look():
    assert first_found([OVER] * 200, Threshold(1.0, 0.5)) == (
        Outcome.FAIL,
        170,
    )  # by long bursts alone: nearly every window is hit anyway


def test_a_fail_by_counts_takes_five_seconds():
    limit = Threshold(0.010, 0.01)
    every_third = [0.0125 if i % 3 == 0 else 0.009 for i in range(2000)]
    found, n = first_found(every_third, limit)
    assert found is Outcome.FAIL
    assert sum(every_third[: n - 10]) < 5 <= sum(every_third[:n])


@pytest.mark.parametrize(("hits", "windows"), [(4, 5), (5, 8), (6, 12), (8, 21), (10, 30)])
def test_fail_by_windows_is_found_up_to_so_many(hits, windows):
    """The last miss comes in the last window, so that no earlier window end can decide."""
    spread_out = [10 * (windows - 1 - i) for i in range(hits)]
    assert first_found(missing_at(spread_out, 10 * windows)) == (Outcome.FAIL, 10 * windows)
    too_late = [10 * (windows - i) for i in range(hits)]
    assert first_found(missing_at(too_late, 10 * (windows + 1)))[0] is None


def test_a_stricter_level_takes_more_misses():
    samples = missing_at([10, 20, 30, 40], 50)
    assert first_found(samples)[0] is Outcome.FAIL
    assert first_found(samples, rule=Rule(alpha_fail=0.05 / 6))[0] is None


@pytest.mark.parametrize(
    ("q0", "gap", "window", "clean"),
    [(0.5, 1, 10, 11), (0.1, 1, 10, 72), (0.05, 2, 10, 146), (0.01, 10, 10, 745), (0.001, 100, 100, 7482)],
)
def test_other_percentiles_have_their_own_windows_and_lengths(q0, gap, window, clean):
    assert (Threshold(1.0, q0).burst_gap, Threshold(1.0, q0).window) == (gap, window)
    found, n = first_found([UNDER] * 8000, Threshold(1.0, q0))
    assert found is Outcome.PASS
    assert n == pytest.approx(max(clean, 12), abs=2)  # 10 s are 12 samples here


def test_a_low_percentile_is_not_decided_on_a_sample_or_two():
    assert decide([20.0] * 9, Threshold(30.0, 0.99), RULE).decided is False
    assert decide([20.0] * 10, Threshold(30.0, 0.99), RULE).outcome is Outcome.PASS


def test_a_single_miss_does_not_fail_p99_9():
    assert first_found([OVER, *[UNDER] * 500], Threshold(1.0, 0.001), AT_ONCE)[0] is None


def test_the_quick_rule_takes_half_the_samples():
    quick = Rule(burst_floor=1, pass_s=0.0)
    assert first_found([0.01] * 800, Threshold(0.02, 0.01), quick) == (Outcome.PASS, 373)


def test_more_samples_needed_counts_down_to_the_pass():
    test = SequentialTest(P99, RULE)
    seen = []
    for latency_s in missing_at([99], 1064):
        seen.append(test.more_samples_needed())
        test.feed(latency_s)
    assert seen[:2] == [745, 744]
    assert seen[99:101] == [646, 964]
    assert test.outcome is Outcome.PASS
    assert test.more_samples_needed() == 0


def stepping(level, early, late, noise=0.002, seed=1):
    """Latencies that move by `level` after `early` samples."""
    noisy = random.Random(seed)
    return [(0.8 + (level if i >= early else 0)) * noisy.gauss(1, noise) for i in range(early + late)]


def test_a_drift_far_from_the_limit_leaves_the_pass():
    decision = decide(stepping(0.04, 500, 1000), P99, RULE)
    assert decision.drift.is_drift
    assert (decision.outcome, decision.first, decision.last) == (Outcome.PASS, 0, 745)


def test_a_late_warm_up_is_dropped_once_and_the_rest_decides():
    samples = stepping(-0.2, 300, 3000)
    samples = [x + 0.17 for x in samples]  # 0.97, then 0.77: a pass only at 1/1.26 is not given
    decision = decide(samples, P99, RULE)
    assert (decision.outcome, decision.first) == (Outcome.PASS, 372)
    assert decision.last == 372 + 745
    assert not decision.drift.is_drift


def test_a_drift_that_goes_on_is_inconclusive():
    climbing = [0.5 * 1.0004**i for i in range(2000)]
    limit = Threshold(0.8, 0.01)
    decision = decide(climbing, limit, RULE)
    assert decision.decided
    assert decision.outcome is Outcome.INCONCLUSIVE
    assert decision.first > 0


def test_a_fail_that_the_drift_could_have_made_is_not_given():
    slow_start = [0.85] * 8 + [1.05] * 32 + [0.85] * 14_000
    assert first_found(slow_start)[0] is Outcome.FAIL
    decision = decide(slow_start, P99, RULE)
    assert decision.outcome is Outcome.PASS
    assert decision.first > 0


def test_a_fail_far_over_the_limit_stands_through_drift():
    climbing = [0.9] * 2 + [1.5] * 8 + [1.8] * 30
    decision = decide(climbing, P99, RULE)
    assert decision.drift.is_drift
    assert decision.outcome is Outcome.FAIL
    assert decision.first == 0


def test_the_first_look_is_not_taken_again_after_the_first_half_was_dropped():
    """The kept half begins with a stretch over the limit; looked at alone it would fail within ten samples."""
    decision = decide([0.85] * 8 + [1.05] * 32 + [0.85] * 100, P99, RULE)
    assert decision.first == 20
    assert not decision.decided
    assert not decision.by_first_look


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.01, 0.03, 0.2, 0.95]), st.sampled_from([0.0, 0.5, 0.8]))
def test_samples_after_the_decision_change_nothing(seed, rate, stickiness):
    samples = drawn(seed, rate, stickiness, 1500)
    live = SequentialTest(P99, RULE)
    fed = next((n for n, latency_s in enumerate(samples, 1) if live.feed(latency_s) is not None), None)
    decision = live.decision()
    assert decide(samples, P99, RULE) == decision
    if fed:
        assert decide(samples[:fed], P99, RULE) == decision
        assert decide([*samples[:fed], *[9.9] * 50], P99, RULE) == decision
        live.feed(9.9)
        assert live.decision() == decision


@given(
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.003, 0.01, 0.03, 0.2]),
    st.sampled_from([0.0, 0.8]),
    st.sampled_from([0.5, 0.1, 0.01, 0.001]),
    st.lists(st.tuples(st.integers(0, 1499), st.sampled_from([0.95, 1.05, 50.0])), max_size=20),
)
def test_raising_a_latency_never_improves_what_the_counts_say(seed, rate, stickiness, q0, raised):
    """Time is set aside: a longer latency does bring the ten seconds nearer."""
    samples = drawn(seed, rate, stickiness, 1500)
    worse = list(samples)
    for i, latency_s in raised:
        worse[i] = max(worse[i], latency_s)
    threshold = Threshold(1.0, q0)
    before, _ = first_found(samples, threshold, AT_ONCE)
    after, _ = first_found(worse, threshold, AT_ONCE)
    assert ORDER[after] <= ORDER[before]


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.01, 0.05, 0.3]), st.sampled_from([0.5, 0.1, 0.01]))
def test_what_was_found_also_holds_at_the_end_of_its_samples(seed, rate, q0):
    samples = drawn(seed, rate, 0.3, 1500)
    threshold = Threshold(1.0, q0)
    test = CountTest(threshold, RULE)
    for n, latency_s in enumerate(samples, 1):
        found = test.feed(latency_s)
        if found is not None:
            assert test.by_first_look or holds(found, samples[:n], threshold, RULE)
            return


def drawn(seed, rate, stickiness, count):
    noise, is_over, samples = random.Random(seed), False, []
    for _ in range(count):
        if noise.random() >= stickiness:
            is_over = noise.random() < rate
        samples.append((OVER if is_over else UNDER) + 0.01 * noise.random())
    return samples
