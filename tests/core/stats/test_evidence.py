"""How many samples a PASS takes and how many misses a FAIL takes."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.stats.evidence import (
    ln_evidence_against,
    ln_evidence_for,
    samples_needed,
    samples_to_pass,
    speaks_against,
)

rates = st.sampled_from([0.5, 0.1, 0.05, 0.01, 0.001])


@pytest.mark.parametrize(("over", "n"), [(0, 372.4), (1, 660.2), (2, 881.4), (3, 1078.7)])
def test_a_p99_pass_takes_so_many_independent_samples(over, n):
    assert samples_to_pass(over, 0.01, 0.05) == pytest.approx(n, abs=0.05)


def test_a_p99_pass_in_blocks_of_two_takes_twice_the_least():
    assert [samples_needed(over, 2, 0.01, 0.05) for over in range(6)] == [745, 1064, 1321, 1550, 1763, 1965]
    assert [samples_needed(over, 2, 0.01, 0.01) for over in range(3)] == [1102, 1442, 1717]


@pytest.mark.parametrize("q0", [0.5, 0.1, 0.01, 0.001])
def test_the_samples_to_pass_are_where_the_evidence_reaches_its_level(q0):
    n = samples_to_pass(2, q0, 0.05)
    assert ln_evidence_for(n, 2, q0) == pytest.approx(log(20), abs=1e-6)


@pytest.mark.parametrize(("hits", "most_blocks"), [(4, 5), (5, 8), (6, 12), (8, 21), (10, 30), (20, 87)])
def test_so_many_windows_with_a_miss_fail_up_to_so_many_windows(hits, most_blocks):
    def fails(blocks):
        return speaks_against(blocks * 10, hits, hits, 10, q0=0.01, alpha=0.05 / 3)

    assert fails(most_blocks)
    assert not fails(most_blocks + 1)


def test_a_long_burst_in_few_windows_fails_by_its_length():
    assert not speaks_against(1000, 3, 3, 10, q0=0.01, alpha=0.05 / 3)
    assert speaks_against(1000, 130, 13, 10, q0=0.01, alpha=0.05 / 3)
    assert not speaks_against(1000, 13, 13, 10, q0=0.01, alpha=0.05 / 3)


def test_no_evidence_comes_from_nothing():
    assert ln_evidence_for(0, 0, 0.01) == pytest.approx(0, abs=1e-9)
    assert ln_evidence_against(0, 0, 0.01) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("side", [ln_evidence_for, ln_evidence_against])
def test_the_evidence_after_one_sample_is_fair_at_the_boundary(side):
    """A test that wagers fairly gains nothing on average while the null is just true."""
    mean = 0.99 * exp(side(1, 0, 0.01)) + 0.01 * exp(side(1, 1, 0.01))
    assert mean == pytest.approx(1, abs=1e-9)


@given(rates, st.integers(0, 80), st.integers(1, 12), st.integers(0, 3))
def test_more_misses_or_longer_bursts_never_need_fewer_samples(q0, over, burst, more):
    needed = samples_needed(over, burst, q0, 0.05)
    assert samples_needed(over + more, burst, q0, 0.05) >= needed
    assert samples_needed(over, burst + more, q0, 0.05) >= needed


@given(st.integers(1, 400), st.integers(0, 60), st.integers(0, 100))
def test_clean_samples_never_add_to_the_evidence_against(windows, hits, more):
    """The test looks again only after another miss: this is what allows it."""
    later = ln_evidence_against(windows + hits + more, hits, 0.1)
    assert later <= ln_evidence_against(windows + hits, hits, 0.1) + 1e-9
