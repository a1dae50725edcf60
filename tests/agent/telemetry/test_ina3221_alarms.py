"""Which rails draw more than they may, by the alarms of a Jetson's power monitors."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest

from agent.telemetry.trees import ORIN, Content, written
from edgeprof.agent.telemetry import ina3221_alarms

CHIP = "sys/class/hwmon/hwmon1/"
CALM: Dict[str, Content] = {CHIP + f"curr{n}_{kind}_alarm": 0 for n in (1, 2, 3) for kind in ("max", "crit")}


def test_a_rail_counts_once_whichever_of_its_alarms_went_off(tmp_path: Path) -> None:
    source = ina3221_alarms.source_of(written(tmp_path, {**ORIN, **CALM}))
    assert source
    calm = source.read()
    written(tmp_path, {CHIP + "curr1_max_alarm": 1, CHIP + "curr1_crit_alarm": 1, CHIP + "curr3_crit_alarm": 1})

    assert calm == {"rails_in_alarm": 0}
    assert source.read() == {"rails_in_alarm": 2}
    assert source.way("rails_in_alarm") == "INA3221 curr*_alarm"
    source.close()


def test_the_sum_of_a_chips_rails_has_an_alarm_of_its_own(tmp_path: Path) -> None:
    source = ina3221_alarms.source_of(written(tmp_path, {**ORIN, **CALM, CHIP + "curr4_crit_alarm": 1}))
    assert source

    assert source.read() == {"rails_in_alarm": 1}


def test_what_is_not_connected_gives_no_alarm(tmp_path: Path) -> None:
    loose = {CHIP + "in2_label": "NC\n", CHIP + "curr2_crit_alarm": 1}
    source = ina3221_alarms.source_of(written(tmp_path, {**ORIN, **CALM, **loose}))
    assert source

    assert source.read() == {"rails_in_alarm": 0}


@pytest.mark.parametrize("word", ["", "-1\n", "2\n", "EBUSY\n", "on\n"])
def test_a_word_that_is_no_alarm_is_no_calm_either(tmp_path: Path, word: str) -> None:
    source = ina3221_alarms.source_of(written(tmp_path, {**ORIN, **dict.fromkeys(CALM, word)}))
    assert source

    assert source.read() == {}


def test_boards_without_such_files_have_no_such_source(tmp_path: Path) -> None:
    assert ina3221_alarms.source_of(written(tmp_path / "orin", ORIN)) is None
    assert ina3221_alarms.source_of(tmp_path) is None
    other = {CHIP + "name": "ina219\n", CHIP + "in1_label": "x\n", CHIP + "curr1_max_alarm": 1}
    assert ina3221_alarms.source_of(written(tmp_path / "other", other)) is None
