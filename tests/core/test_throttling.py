"""What a device's own counters and bits say of how it held itself back."""

import pytest

from edgeprof.core.telemetry import Telemetry
from edgeprof.core.throttling import (
    heat_events,
    over_current_events,
    pi_bits,
    power_limit_share,
    under_voltage_events,
)


def seen(counters=None, **series):
    count = max((len(column) for column in series.values()), default=0)
    return Telemetry(1.0, tuple(float(n) for n in range(count)), series, {}, counters or {})


def pi(before, after, *live):
    counters = {"throttled_bits_before": before, "throttled_bits_after": after}
    return seen(counters, throttled_bits=live) if live else seen(counters)


def test_a_device_that_tells_nothing_is_not_known_to_be_calm():
    assert (heat_events(seen()), over_current_events(seen()), under_voltage_events(seen())) == (None, None, None)


def test_counters_of_cores_and_packages_are_of_heat():
    assert heat_events(seen({"core_throttle_count": 3, "package_throttle_count": 2})) == 5
    assert heat_events(seen({"core_throttle_count": 0})) == 0


def test_a_cards_reasons_are_of_heat_or_of_current():
    found = seen(gpu_throttle_bits=(0x0, 0x40, 0x20, 0x8, 0x88, 0x80, 0x4, 0x1, None))

    assert (heat_events(found), over_current_events(found)) == (3, 2)
    assert heat_events(seen(gpu_throttle_bits=(0x0, 0x1, 0x4))) == 0


def test_a_card_that_counts_its_time_at_a_limit_needs_no_reading_of_it():
    assert heat_events(seen({"gpu_heat_limit_ns": 1_000})) == 1
    assert heat_events(seen({"gpu_heat_limit_ns": 0})) == 0
    assert power_limit_share(seen({"gpu_power_limit_ns": 250_000_000})) == 0.25
    assert power_limit_share(seen({"gpu_power_limit_ns": 1 << 62})) == 1.0


def test_the_share_at_the_power_limit_is_of_the_readings_where_nothing_counts_it():
    assert power_limit_share(seen(gpu_throttle_bits=(0x4, 0x0, 0x44, None, 0x1))) == 0.5
    assert power_limit_share(seen()) is None


def test_rails_in_alarm_are_of_current():
    assert over_current_events(seen(rails_in_alarm=(0.0, None, 2.0, 1.0))) == 2
    assert over_current_events(seen({"oc3_event_count": 5}, rails_in_alarm=(1.0,))) == 6
    assert over_current_events(seen(rails_in_alarm=(0.0,))) == 0


def test_readings_at_the_passive_limit_are_of_heat():
    assert heat_events(seen(zones_at_limit=(0.0, None, 2.0, 1.0))) == 2
    assert heat_events(seen(zones_at_limit=(0.0, 0.0))) == 0


def test_a_jetsons_first_counter_is_of_voltage_and_the_others_of_current():
    counters = {"oc1_event_count": 1, "oc2_event_count": 10, "oc3_event_count": 100}

    assert (under_voltage_events(seen(counters)), over_current_events(seen(counters))) == (1, 110)
    assert heat_events(seen(counters)) is None


@pytest.mark.parametrize(
    ("before", "after", "live", "heat", "voltage"),
    [
        (0x0, 0x0, (), 0, 0),
        (0x50000, 0x50000, (), 0, 0),  # both happened before
        (0x0, 0x10000, (), 0, 1),
        (0x10000, 0x50005, (), 0, 1),  # throttled for its voltage
        (0x50000, 0x50000, (0x50005,), 0, 1),  # again, which the bits since boot do not show
        (0x0, 0x80000, (), 1, 0),
        (0x0, 0x0, (0x8, 0x0), 1, 0),
        (0x0, 0x40000, (), 1, 0),
        (0x0, 0x20000, (), 1, 0),
        (0x0, 0x90000, (), 1, 1),
    ],
)
def test_a_pis_bits_count_while_they_hold_or_when_they_are_new(before, after, live, heat, voltage):
    found = pi(before, after, *live)

    assert (heat_events(found), under_voltage_events(found)) == (heat, voltage)


def test_bits_from_a_hostile_file_are_left_out():
    assert pi_bits(seen(throttled_bits=(float("inf"), -1.0))) is None
    assert pi_bits(seen(throttled_bits=(float("inf"), 1.0))) == 1


@pytest.mark.parametrize("count", [-1, 10**400])
def test_counts_that_no_device_has_are_left_out(count):
    assert over_current_events(seen({"oc3_event_count": count})) is None
    assert over_current_events(seen({"oc3_event_count": count, "oc2_event_count": 2})) == 2
