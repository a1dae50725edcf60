"""Percentiles are samples, not interpolations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.stats.percentile import percentile, percentile_of_sorted

latencies = st.lists(st.floats(1e-6, 10), min_size=1, max_size=200)
percents = st.one_of(st.integers(1, 99), st.sampled_from([99.9, 99.99, 0.1, 50.5]))


@pytest.mark.parametrize(
    ("percent", "count", "rank"),
    [(99, 100, 99), (99, 101, 100), (50, 4, 2), (50, 5, 3), (99.9, 1000, 999), (99.9, 10, 10), (1, 3, 1)],
)
def test_the_rank_is_the_least_that_covers_the_share(percent, count, rank):
    assert percentile([float(i) for i in range(1, count + 1)], percent) == rank


@given(latencies, percents)
def test_a_percentile_is_one_of_the_samples_and_blind_to_their_order(samples, percent):
    found = percentile(samples, percent)
    assert found in samples
    assert percentile(list(reversed(samples)), percent) == found


@given(latencies, percents, percents)
def test_a_higher_percentile_is_never_lower(samples, one, other):
    assert percentile(samples, min(one, other)) <= percentile(samples, max(one, other))


@given(latencies, percents)
def test_enough_of_the_samples_do_not_exceed_it(samples, percent):
    found = percentile(samples, percent)
    assert sum(x <= found for x in samples) >= percent / 100 * len(samples) - 1e-9


def test_no_samples_have_no_percentile():
    with pytest.raises(ValueError, match="no samples"):
        percentile_of_sorted([], 99)
