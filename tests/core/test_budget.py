"""Limits and the budgets that hold them."""

import pytest

from edgeprof.core.budget import CAMERA_30_FPS, budget_of
from edgeprof.core.errors import ConfigError


def test_values_are_seconds_and_bytes_inside():
    budget = budget_of({"p99_ms": 33.3, "memory_mib": 2, "load_s": 1.5, "fps": 30})
    assert [limit.bound for limit in budget.limits] == [pytest.approx(0.0333), 2 * 1024 * 1024, 1.5, 30]


def test_a_budget_reads_back_as_it_was_written():
    written = {"p99_ms": 33.3, "p50_ms": 20.1, "memory_mib": 512.5, "fps": 29.97}
    assert budget_of(written).as_config() == written


def test_only_percentiles_are_tested_in_sequence():
    budget = budget_of({"p99_ms": 30, "fps": 30, "p50_ms": 20, "size_mib": 10})
    assert [limit.metric.key for limit in budget.sequential] == ["p99_ms", "p50_ms"]


def test_a_limit_says_itself_in_the_unit_people_read():
    assert [str(limit) for limit in CAMERA_30_FPS.limits] == ["p99 latency <= 33.3 ms", "fps >= 30"]


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_limit_that_cannot_be_meant_is_refused(value):
    with pytest.raises(ConfigError, match="p99_ms is"):
        budget_of({"p99_ms": value})


def test_an_unknown_key_is_quoted():
    with pytest.raises(ConfigError, match='"p99"'):
        budget_of({"p99": 3})


def test_an_empty_budget_is_refused_with_an_example():
    with pytest.raises(ConfigError) as raised:
        budget_of({})
    assert "p99_ms" in raised.value.hint


def test_a_lower_percentile_may_not_be_allowed_more():
    with pytest.raises(ConfigError, match="contradicts"):
        budget_of({"p99_ms": 30, "p99.9_ms": 40, "p50_ms": 31})
    assert budget_of({"p99_ms": 30, "p50_ms": 30}).find("p50_ms").bound == pytest.approx(0.03)
