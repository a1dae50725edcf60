from math import inf, nan

import pytest

from edgeprof.core.metric import metric_of
from edgeprof.report import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (33.3, "33.3"),
        (0.0, "0"),
        (1500.4, "1500"),
        (12345.6, "12346"),
        (20.446, "20.45"),
        (inf, "infinite"),
        (nan, "not a number"),
    ],
)
def test_numbers_have_four_digits_and_thousands_in_full(value: float, text: str) -> None:
    assert units.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(41.0, "41.00"), (0.0, "0"), (999.95, "1000"), (1234.5, "1234")])
def test_what_was_measured_keeps_its_zeros(value: float, text: str) -> None:
    assert units.measured(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.16, "0.16 s"), (9.96, "10 s"), (48.2, "48 s"), (145.0, "2 min 25 s"), (300.0, "5 min"), (inf, "infinite s")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert units.duration(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(0.366, "+37 %"), (-0.091, "-9.1 %"), (-2.34, "-234 %"), (0.0, "+0.0 %")])
def test_a_margin_has_a_sign(value: float, text: str) -> None:
    assert units.margin(value) == text


@pytest.mark.parametrize(("value", "text"), [(-9.99, "-999 %"), (-35.0, "36 x limit"), (-inf, "-infinite %")])
def test_a_miss_of_many_times_over_is_a_multiple(value: float, text: str) -> None:
    assert units.margin(value) == text


def test_a_column_has_the_decimals_of_its_largest_value() -> None:
    assert units.column([0.5, 20.446, None, inf]) == ["0.50", "20.45", "-", "infinite"]


def test_a_value_is_shown_in_its_metrics_unit_and_fps_in_none() -> None:
    shown = [
        units.of_metric(metric_of(key), value)
        for key, value in [("p99_ms", 0.0333), ("memory_mib", 1 << 20), ("fps", 30.0)]
    ]

    assert shown == ["33.3 ms", "1 MiB", "30"]


@pytest.mark.parametrize(
    ("n", "noun", "text"), [(1, "process", "1 process"), (3, "process", "3 processes"), (0, "sample", "0 samples")]
)
def test_nouns_are_counted(n: int, noun: str, text: str) -> None:
    assert units.count(n, noun) == text
