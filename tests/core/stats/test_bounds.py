"""The interval beside a percentile."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.stats.bounds import bounds, lower_bound, upper_bound
from edgeprof.core.stats.percentile import percentile
from edgeprof.core.stats.sequential import Outcome, Rule, Threshold, decide

RULE = Rule()


def test_a_clean_run_bounds_p99_by_its_largest_sample():
    samples = [0.02 + i * 1e-6 for i in range(745)]
    assert upper_bound(samples, 0.01, RULE) == max(samples)


def test_the_upper_bound_leaves_out_as_many_samples_as_a_pass_may_miss():
    samples = [0.02] * 1064
    samples[100] = 0.05
    assert upper_bound(samples, 0.01, RULE) == 0.02
    assert upper_bound(samples[:1063], 0.01, RULE) == 0.05


def test_too_few_samples_or_too_short_a_run_have_no_upper_bound():
    assert upper_bound([0.02] * 744, 0.01, RULE) is None
    assert upper_bound([0.01] * 900, 0.01, RULE) is None
    assert upper_bound([], 0.01, RULE) is None


def test_too_few_samples_or_too_short_a_run_have_no_lower_bound():
    assert lower_bound([0.5] * 29, 0.01, RULE) is None
    assert lower_bound([0.01] * 400, 0.01, RULE) is None
    assert lower_bound([], 0.01, RULE) is None


def test_the_lower_bound_of_a_first_look_is_its_second_smallest_sample():
    samples = [0.2 + i / 100 for i in range(10)]
    decision = decide(samples, Threshold(0.205, 0.01), RULE)
    assert decision.by_first_look
    assert bounds(samples, decision, 0.01, RULE) == (samples[1], None)


def test_samples_that_are_all_alike_bound_themselves():
    samples = [0.02] * 2000
    decision = decide(samples, Threshold(0.03, 0.01), RULE)
    assert bounds(samples, decision, 0.01, RULE) == (0.02, 0.02)


@pytest.mark.parametrize("q0", [0.5, 0.1, 0.05, 0.01])
@given(
    seed=st.integers(0, 100_000),
    count=st.integers(10, 2500),
    rank=st.floats(0, 1),
    slack=st.sampled_from([0.9, 0.999, 1.0, 1.001, 1.2]),
    stickiness=st.sampled_from([0.0, 0.8]),
)
def test_bounds_surround_the_percentile_and_agree_with_the_decision(q0, seed, count, rank, slack, stickiness):
    samples = tailed(seed, count, stickiness)
    limit_s = slack * percentile(samples, max(1, 100 * rank))
    decision = decide(samples, Threshold(limit_s, q0), RULE)
    lower, upper = bounds(samples, decision, q0, RULE)
    observed = percentile(samples[decision.first : decision.last], 100 * (1 - q0))
    if lower is not None:
        assert lower <= observed
    if upper is not None:
        assert observed <= upper
    if decision.outcome is Outcome.PASS:
        assert upper is not None
        assert upper <= limit_s
    elif decision.outcome is Outcome.FAIL:
        assert lower is not None
        assert lower > limit_s
    elif decision.drift is None:
        assert upper is None or upper > limit_s
        assert lower is None or lower <= limit_s


def tailed(seed, count, stickiness):
    """A tenth of the latencies lie in a long tail, bunched or not."""
    noise, in_tail, samples = random.Random(seed), False, []
    for _ in range(count):
        if noise.random() >= stickiness:
            in_tail = noise.random() < 0.1
        samples.append(0.02 + (noise.expovariate(50) if in_tail else 0.001 * noise.random()))
    return samples
