"""How often a device held itself back while it was sampled: for its heat, its current, or its supply's voltage."""

from __future__ import annotations

from typing import Optional, Sequence

from edgeprof.core.telemetry import Telemetry

# vcgencmd get_throttled: the low bits are of now, the same ones 16 higher are of any time since boot.
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _SOFT_LIMIT = 1, 2, 4, 8
_SINCE_BOOT = 16
_MOST = 1 << 63  # no counter of a device goes further; a file may say anything


def heat_events(telemetry: Telemetry) -> Optional[int]:
    """Intel's throttle counts, readings at or above the kernel's passive limit, and a Raspberry Pi's bits."""
    counted = [telemetry.counters.get(name) for name in ("core_throttle_count", "package_throttle_count")]
    limits = telemetry.readings("zones_at_limit")
    if limits:
        counted.append(sum(1 for _, zones in limits if zones > 0))
    bits = pi_bits(telemetry)
    if bits is not None:
        # Too low a voltage sets these two bits as well, and is told of by its own name.
        is_hot = bits & _SOFT_LIMIT or (bits & (_CAPPED | _THROTTLED) and not bits & _UNDER_VOLTAGE)
        counted.append(int(bool(is_hot)))
    return _sum_of_known(counted)


def over_current_events(telemetry: Telemetry) -> Optional[int]:
    """A Jetson's OC2 (average current, the power cap) and OC3 (momentary current)."""
    return _sum_of_known([telemetry.counters.get(name) for name in ("oc2_event_count", "oc3_event_count")])


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
