"""Over-current events as they are counted since boot."""

from __future__ import annotations

from pathlib import Path

from agent.telemetry.trees import ORIN, written
from edgeprof.agent.telemetry import soctherm


def test_the_three_counters_are_told_by_name(tmp_path: Path) -> None:
    source = soctherm.source_of(written(tmp_path, ORIN))
    assert source
    before = source.count()
    written(tmp_path, {"sys/class/hwmon/hwmon0/oc3_event_cnt": 27391})

    assert before == {"oc1_event_count": 0, "oc2_event_count": 3, "oc3_event_count": 27390}
    assert source.count()["oc3_event_count"] == 27391
    assert source.read() == {}


def test_a_counter_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    folder = "sys/class/hwmon/hwmon0/"
    source = soctherm.source_of(written(tmp_path, {folder + "name": "soctherm_oc\n", folder + "oc3_event_cnt": "?"}))
    assert source

    assert source.count() == {}


def test_a_board_without_soctherm_has_no_such_source(tmp_path: Path) -> None:
    assert soctherm.source_of(tmp_path) is None
    assert soctherm.source_of(written(tmp_path, {"sys/class/hwmon/hwmon0/name": "soctherm_oc\n"})) is None
