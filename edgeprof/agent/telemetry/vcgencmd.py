"""What a Raspberry Pi's vcgencmd answers, in words to numbers."""

from __future__ import annotations

import re
from typing import Optional

_THROTTLED = re.compile(r"throttled=0x([0-9a-fA-F]{1,8})\b")  # throttled=0x50005
_TEMPERATURE = re.compile(r"temp=(-?\d{1,3}(?:\.\d{1,3})?)'C")  # temp=52.1'C
_CLOCK = re.compile(r"frequency\(\d{1,3}\)=(\d{1,11})\b")  # frequency(48)=1800457088
_CURRENT = re.compile(r"^\s*(\w{1,30})_A current\(\d{1,3}\)=(\d{1,3}\.\d{1,9})A\s*$", re.MULTILINE)
_VOLTAGE = re.compile(r"^\s*(\w{1,30})_V volt\(\d{1,3}\)=(\d{1,3}\.\d{1,9})V\s*$", re.MULTILINE)
_CUT_CURRENT = re.compile(r"_A\b")


def throttled_bits(answer: str) -> Optional[int]:
    """Bits 0 to 3: under-voltage, clock capped, throttled, soft temperature limit; 16 to 19: since boot."""
    match = _THROTTLED.search(answer)
    return int(match.group(1), 16) if match else None


def degrees_c(answer: str) -> Optional[float]:
    match = _TEMPERATURE.search(answer)
    return float(match.group(1)) if match else None


def hertz(answer: str) -> Optional[float]:
    match = _CLOCK.search(answer)
    return float(match.group(1)) or None if match else None


def pmic_w(answer: str) -> Optional[float]:
    """The sum over the rails of the Pi 5's power chip; None unless every current has its voltage.

    The 5 V that comes in has no current sensor, so what hangs on it directly is not in the sum.
    """
    currents, voltages = dict(_CURRENT.findall(answer)), dict(_VOLTAGE.findall(answer))
    if not currents or len(_CUT_CURRENT.findall(answer)) != len(currents) or not set(currents) <= set(voltages):
        return None
    total = sum(float(amperes) * float(voltages[rail]) for rail, amperes in currents.items())
    return total if total > 0 else None
