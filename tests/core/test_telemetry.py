"""Columns over time, and what may be said of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.telemetry import Telemetry, integral, mean_over_time


def telemetry(times_s=(0.0, 1.0, 2.0), seconds=None, **series):
    return Telemetry(times_s[-1] if seconds is None else seconds, tuple(times_s), series)


def test_a_mean_weighs_each_reading_by_its_time():
    uneven = telemetry((0.0, 1.0, 10.0), power_w=(10.0, 10.0, 20.0))

    assert uneven.mean("power_w") == pytest.approx((10 * 1 + 15 * 9) / 10)
    assert uneven.power_w == uneven.mean("power_w")
    assert uneven.energy_j == pytest.approx(145.0)


def test_what_was_not_read_is_left_out_and_never_0():
    gaps = telemetry((0.0, 1.0, 2.0, 3.0), power_w=(4.0, None, None, 6.0), gpu_hz=(None, 3e8, None, None))

    assert (gaps.lowest("power_w"), gaps.highest("power_w"), gaps.mean("power_w")) == (4.0, 6.0, 5.0)
    assert (gaps.lowest("gpu_hz"), gaps.mean("gpu_hz")) == (3e8, 3e8)
    assert (gaps.lowest("cpu_hz"), gaps.highest("cpu_hz"), gaps.mean("cpu_hz")) == (None, None, None)
    assert gaps.readings("power_w") == [(0.0, 4.0), (3.0, 6.0)]


def test_a_counter_of_energy_is_exact_and_counts_before_readings_of_power():
    counted = telemetry(energy_j=(5.0, 9.0, 25.0), power_w=(None, 4.0, 16.0))

    assert counted.power_w == pytest.approx(10.0)
    assert counted.energy_j == pytest.approx(20.0)


def test_a_counter_that_stands_still_leaves_the_power_to_the_readings_of_it():
    still = replace(
        telemetry(energy_j=(7.0, 7.0, 7.0), power_w=(4.0, 4.0, 4.0)), sources={"energy_j": "a", "power_w": "b"}
    )

    assert (still.power_w, still.power_source) == (4.0, "b")


def test_readings_of_less_than_half_the_sampling_say_nothing_of_its_power():
    half = {"times_s": (0.0, 5.0), "power_w": (4.0, 4.0)}

    assert telemetry(seconds=10.0, **half).power_w == 4.0
    assert telemetry(seconds=10.1, **half).power_w is None
    assert telemetry(seconds=10.1, **half).energy_j is None


@pytest.mark.parametrize(
    "series",
    [
        {},
        {"power_w": (5.0, None, None)},
        {"power_w": (None, None, None)},
        {"power_w": (0.0, 0.0, 0.0)},
        {"energy_j": (7.0, 7.0, 7.0)},
        {"energy_j": (7.0, 5.0, 3.0)},
    ],
)
def test_one_reading_none_and_a_counter_that_stands_still_are_no_power(series):
    assert telemetry(**series).power_w is None


def test_a_counter_that_was_read_too_little_leaves_it_to_the_readings():
    both = telemetry(energy_j=(5.0, None, None), power_w=(3.0, 3.0, 3.0))

    assert both.power_w == 3.0


@pytest.mark.parametrize(
    ("series", "source"),
    [
        ({"power_w": (4.0, 4.0, 4.0)}, "tegrastats VDD_IN"),
        ({"power_w": (4.0, 4.0, 4.0), "energy_j": (0.0, 4.0, 8.0)}, "RAPL package-0"),
        ({"power_w": (4.0, 4.0, 4.0), "energy_j": (5.0, None, None)}, "tegrastats VDD_IN"),
        ({"energy_j": (5.0, None, None)}, None),
        ({}, None),
    ],
)
def test_the_source_of_the_power_is_that_of_the_series_it_came_from(series, source):
    ways = {"power_w": "tegrastats VDD_IN", "energy_j": "RAPL package-0"}

    assert replace(telemetry(**series), sources=ways).power_source == source


def test_the_part_of_the_power_that_a_pis_chip_tells_is_not_its_power():
    part = telemetry(power_pmic_w=(4.0, 4.0, 4.0))

    assert (part.power_w, part.power_source, part.mean("power_pmic_w")) == (None, None, 4.0)


def test_watts_over_seconds_are_joules():
    assert integral([(0.0, 2.0), (1.0, 4.0), (3.0, 4.0)]) == pytest.approx(11.0)
    assert integral([(0.0, 2.0)]) == 0.0
    assert mean_over_time([]) is None
    assert mean_over_time([(1.0, 2.0), (1.0, 4.0)]) == 3.0


@given(st.lists(st.tuples(st.floats(0.01, 10.0), st.floats(-100.0, 1e10)), min_size=1, max_size=30))
def test_a_mean_lies_between_the_lowest_and_the_highest(steps):
    now_s, read = 0.0, []
    for step_s, value in steps:
        now_s += step_s
        read.append((now_s, value))
    values = [value for _, value in read]
    mean = mean_over_time(read)

    assert min(values) - 1e-6 * abs(min(values)) - 1e-9 <= mean <= max(values) + 1e-6 * abs(max(values)) + 1e-9
