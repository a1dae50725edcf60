"""How often a device held itself back while it was sampled: for its heat, its current, or its supply's voltage."""

from __future__ import annotations

from typing import List, Optional, Sequence

from edgeprof.core.telemetry import Telemetry

# vcgencmd get_throttled: the low bits are of now, the same ones 16 higher are of any time since boot.
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _SOFT_LIMIT = 1, 2, 4, 8
_SINCE_BOOT = 16
_MOST = 1 << 63  # no counter of a device goes further; a file may say anything


# NVML's reasons why a card's clocks are lower than they could be.
_POWER_CAP, _HARDWARE, _HEAT_BY_DRIVER, _HEAT_BY_HARDWARE, _POWER_BRAKE = 0x4, 0x8, 0x20, 0x40, 0x80


def heat_events(telemetry: Telemetry) -> Optional[int]:
    """Intel's throttle counts, readings at the kernel's passive limit, a Raspberry Pi's bits, and a card's."""
    counted = [telemetry.counters.get(name) for name in ("core_throttle_count", "package_throttle_count")]
    limits = telemetry.readings("zones_at_limit")
    if limits:
        counted.append(sum(1 for _, zones in limits if zones > 0))
    bits = pi_bits(telemetry)
    if bits is not None:
        # Too low a voltage sets these two bits as well, and is told of by its own name.
        is_hot = bits & _SOFT_LIMIT or (bits & (_CAPPED | _THROTTLED) and not bits & _UNDER_VOLTAGE)
        counted.append(int(bool(is_hot)))
    reasons = card_bits(telemetry)
    if reasons:
        counted.append(sum(1 for bits in reasons if _is_of_heat(bits)))
    held_ns = telemetry.counters.get("gpu_heat_limit_ns")
    counted.append(None if held_ns is None else int(held_ns > 0))
    return _sum_of_known(counted)


def over_current_events(telemetry: Telemetry) -> Optional[int]:
    """A Jetson's OC2 (average current, the power cap), OC3 (momentary current) and alarms, a card's power brake."""
    counted = [telemetry.counters.get(name) for name in ("oc2_event_count", "oc3_event_count")]
    alarms = telemetry.readings("rails_in_alarm")
    if alarms:
        counted.append(sum(1 for _, rails in alarms if rails > 0))
    reasons = card_bits(telemetry)
    if reasons:
        counted.append(sum(1 for bits in reasons if bits & _POWER_BRAKE))
    return _sum_of_known(counted)


def power_limit_share(telemetry: Telemetry) -> Optional[float]:
    """Of the time, how much a card held its clocks back at its power limit: by its own count, else by its readings."""
    held_ns = telemetry.counters.get("gpu_power_limit_ns")
    if held_ns is not None and 0 <= held_ns < _MOST and telemetry.seconds > 0:
        return min(1.0, held_ns / 1e9 / telemetry.seconds)
    reasons = card_bits(telemetry)
    return sum(1 for bits in reasons if bits & _POWER_CAP) / len(reasons) if reasons else None


def card_bits(telemetry: Telemetry) -> List[int]:
    return [int(bits) for _, bits in telemetry.readings("gpu_throttle_bits") if 0 <= bits < 1 << 32]


def _is_of_heat(bits: int) -> bool:
    """The hardware's own bit has no reason on older drivers, and comes with the brake's too."""
    of_heat = bits & (_HEAT_BY_DRIVER | _HEAT_BY_HARDWARE)
    return bool(of_heat or (bits & _HARDWARE and not bits & _POWER_BRAKE))


def under_voltage_events(telemetry: Telemetry) -> Optional[int]:
    """A Jetson's OC1, and a Raspberry Pi's bit."""
    bits = pi_bits(telemetry)
    of_pi = None if bits is None else bits & _UNDER_VOLTAGE
    return _sum_of_known([telemetry.counters.get("oc1_event_count"), of_pi])


def pi_bits(telemetry: Telemetry) -> Optional[int]:
    """What held at any reading, or is new among what has ever held; in the low bits, None where nobody looked."""
    before = telemetry.counters.get("throttled_bits_before")
    after = telemetry.counters.get("throttled_bits_after")
    live = [int(bits) for _, bits in telemetry.readings("throttled_bits") if 0 <= bits < 1 << 32]
    live += [bits for bits in (before, after) if bits is not None]
    if not live:
        return None
    seen = 0
    for bits in live:
        seen |= bits & 0xF
    if before is not None and after is not None:
        seen |= (after & ~before) >> _SINCE_BOOT & 0xF
    return seen


def _sum_of_known(counted: Sequence[Optional[int]]) -> Optional[int]:
    known = [count for count in counted if count is not None and 0 <= count < _MOST]
    return sum(known) if known else None
