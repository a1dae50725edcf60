"""The table of metrics."""

import pytest

from edgeprof.core.metric import ALIASES, METRICS, known_keys, metric_of, nearest_key


@pytest.mark.parametrize(
    ("key", "percent", "q0"), [("p99_ms", 99, 0.01), ("p50_ms", 50, 0.5), ("p99.9_ms", 99.9, 0.001), ("p5_ms", 5, 0.95)]
)
def test_any_percentile_is_a_metric(key, percent, q0):
    metric = metric_of(key)
    assert (metric.key, metric.percent, metric.q0) == (key, percent, q0)
    assert metric.bound_word == "max"
    assert metric.shown(0.0333) == pytest.approx(33.3)


@pytest.mark.parametrize("key", ["p0_ms", "p100_ms", "p_ms", "p99", "p99_s", "p99.9999_ms", "speed"])
def test_what_is_no_metric_is_none(key):
    assert metric_of(key) is None


def test_a_spelling_with_zeros_is_the_same_metric():
    assert metric_of("p99.0_ms") == metric_of("p99_ms")


def test_each_metric_knows_which_way_is_better():
    assert METRICS["fps"].meets(30, 30)
    assert not METRICS["fps"].meets(29.9, 30)
    assert METRICS["memory_mib"].meets(5, 5)
    assert not METRICS["memory_mib"].meets(5.1, 5)
    assert (METRICS["fps"].bound_word, METRICS["fps"].sign) == ("min", ">=")


def test_only_a_percentile_has_a_share_that_may_exceed_it():
    with pytest.raises(ValueError, match="fps"):
        _ = METRICS["fps"].q0


def test_aliases_name_metrics_and_convert_to_their_units():
    assert all(metric_of(key) for key, _ in ALIASES.values())
    key, factor = ALIASES["gpu_used_memory"]
    assert (key, 1024 * 1024 * factor) == ("memory_mib", pytest.approx(1e6))


@pytest.mark.parametrize(
    ("typed", "meant"), [("p99", "p99_ms"), ("memory_mb", "memory_mib"), ("fsp", "fps"), ("zzz", None)]
)
def test_the_nearest_key_is_found(typed, meant):
    assert nearest_key(typed) == meant


def test_every_known_key_is_a_metric_or_an_alias():
    assert all(metric_of(key) or key in ALIASES for key in known_keys())


def test_watts_and_millijoules_are_read_in_watts_and_joules():
    assert (METRICS["power_w"].scale, METRICS["power_w"].unit, METRICS["power_w"].bound_word) == (1.0, "W", "max")
    assert METRICS["energy_mj"].shown(0.2) == pytest.approx(200)
    assert [key for key, metric in METRICS.items() if metric.is_of_power] == ["power_w", "energy_mj"]
