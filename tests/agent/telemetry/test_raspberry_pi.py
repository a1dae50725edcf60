"""A Pi is asked one question at a time, and its files where there is nobody to ask."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional

import pytest

from agent.telemetry.test_vcgencmd import PMIC
from agent.telemetry.trees import script, written
from edgeprof.agent.telemetry import raspberry_pi, vcgencmd

MODEL = {"proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0"}
BITS = "sys/devices/platform/soc/soc:firmware/get_throttled"
ANSWERS = {
    "get_throttled": "throttled=0x50005\n",
    "pmic_read_adc": PMIC,
    "measure_clock": "frequency(0)=2400000000\n",
    "measure_temp": "temp=52.1'C\n",
}


class Asked:
    def __init__(self, answers: Dict[str, str]) -> None:
        self.answers = answers
        self.questions: List[str] = []

    def __call__(self, words: List[str]) -> Optional[str]:
        self.questions.append(words[1])
        return self.answers.get(words[1])


def test_each_reading_asks_one_question_and_in_turn_all(tmp_path: Path) -> None:
    asked = Asked(ANSWERS)
    source = raspberry_pi.of_questions(asked)
    assert source
    asked.questions.clear()
    readings: Dict[str, float] = {}
    for n in range(1, 5):
        readings.update(source.read())

        assert len(asked.questions) == n
    assert readings == {
        "power_pmic_w": vcgencmd.pmic_w(PMIC),
        "throttled_bits": 0x50005,
        "cpu_hz": 2.4e9,
        "temperature_soc_c": 52.1,
    }
    assert source.pace_s == 0.5
    assert source.way("power_pmic_w") == "vcgencmd pmic_read_adc"


def test_what_a_pi_4_does_not_answer_is_not_asked_again() -> None:
    asked = Asked({**ANSWERS, "pmic_read_adc": 'error=1 error_msg="Command not registered"\n'})
    source = raspberry_pi.of_questions(asked)
    assert source
    asked.questions.clear()
    for _ in range(6):
        source.read()

    assert "pmic_read_adc" not in asked.questions


def test_bits_are_counted_before_and_after() -> None:
    source = raspberry_pi.of_questions(Asked(ANSWERS))
    assert source

    assert source.count() == {"throttled_bits": 0x50005}


def test_a_vcgencmd_that_refuses_everything_is_no_source() -> None:
    assert raspberry_pi.of_questions(Asked({})) is None


def test_the_command_itself_is_asked_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "bin/vcgencmd", "[ \"$1\" = measure_clock ] && echo 'frequency(48)=1800457088' || exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    source = raspberry_pi.source_of(written(tmp_path, MODEL))
    assert source

    assert source.read() == {"cpu_hz": 1800457088.0}


def test_without_the_command_the_firmwares_bits_are_read(tmp_path: Path) -> None:
    source = raspberry_pi.of_files(written(tmp_path, {**MODEL, BITS: "50005\n"}))
    assert source

    assert (source.read(), source.count()) == ({"throttled_bits": 0x50005}, {"throttled_bits": 0x50005})
    assert source.way("throttled_bits") == f"/{BITS}"


def test_at_least_the_voltages_alarm_is_a_bit(tmp_path: Path) -> None:
    folder = "sys/class/hwmon/hwmon1/"
    written(tmp_path, {**MODEL, folder + "name": "rpi_volt\n", folder + "in0_lcrit_alarm": 1})
    source = raspberry_pi.of_files(tmp_path)
    assert source
    live = source.read()
    written(tmp_path, {folder + "in0_lcrit_alarm": 0})

    assert (live, source.read()) == ({"throttled_bits": 1.0}, {"throttled_bits": 0.0})


def test_another_board_is_never_asked(tmp_path: Path) -> None:
    assert raspberry_pi.source_of(tmp_path) is None
    assert raspberry_pi.source_of(written(tmp_path, {"proc/device-tree/model": "NVIDIA Jetson\0", BITS: "0"})) is None
    assert raspberry_pi.of_files(tmp_path / "nowhere") is None
