"""vcgencmd's answers, those that are none among them."""

from __future__ import annotations

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.agent.telemetry import vcgencmd

PMIC = """     3V7_WL_SW_A current(0)=0.09760200A
   3V3_SYS_A current(1)=0.06246528A
   VDD_CORE_A current(7)=1.50000000A
     3V7_WL_SW_V volt(8)=3.71940300V
   3V3_SYS_V volt(9)=3.31640000V
   VDD_CORE_V volt(15)=0.80000000V
       EXT5V_V volt(24)=5.14706000V
        BATT_V volt(25)=0.00976800V
"""


@pytest.mark.parametrize(("answer", "bits"), [("throttled=0x50005\n", 0x50005), ("throttled=0x0", 0), ("0x5", None)])
def test_throttle_bits_are_hexadecimal(answer: str, bits: int) -> None:
    assert vcgencmd.throttled_bits(answer) == bits


def test_a_temperature_is_in_degrees() -> None:
    assert vcgencmd.degrees_c("temp=52.1'C\n") == 52.1
    assert vcgencmd.degrees_c("temp=") is None


@pytest.mark.parametrize("answer", ["frequency(48)=1800457088\n", "frequency(0)=1800457088"])
def test_a_clock_is_in_hertz_whatever_its_number(answer: str) -> None:
    assert vcgencmd.hertz(answer) == 1800457088.0


def test_a_clock_of_0_was_not_read() -> None:
    assert vcgencmd.hertz("frequency(48)=0\n") is None


def test_rails_are_paired_and_summed_and_those_without_a_current_are_not_in_it() -> None:
    watts = 0.097602 * 3.719403 + 0.06246528 * 3.3164 + 1.5 * 0.8

    assert vcgencmd.pmic_w(PMIC) == pytest.approx(watts)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        'error=1 error_msg="Command not registered"',
        "EXT5V_V volt(24)=5.1V\n",
        PMIC.replace("VDD_CORE_V", "VDD_X_V"),
    ],
)
def test_a_pi_without_such_a_chip_and_a_current_without_its_voltage_have_no_power(answer: str) -> None:
    assert vcgencmd.pmic_w(answer) is None


@given(st.integers(0, len(PMIC)))
def test_an_answer_cut_anywhere_never_gives_a_smaller_sum(length: int) -> None:
    assert vcgencmd.pmic_w(PMIC[:length]) in (None, vcgencmd.pmic_w(PMIC))


@given(st.text(max_size=100))
def test_any_answer_gives_a_number_or_nothing(answer: str) -> None:
    for read in (vcgencmd.throttled_bits, vcgencmd.degrees_c, vcgencmd.hertz, vcgencmd.pmic_w):
        value = read(answer)
        assert value is None or isfinite(value)
