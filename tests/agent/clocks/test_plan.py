"""What would be run, before anything is."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.board.trees import AGX_ORIN_CONF, write
from agent.clocks.stand_ins import StandIns
from edgeprof.agent.clocks.plan import Plan, allowing, plan_of
from edgeprof.agent.clocks.step import Refused, Step


def plan(board: StandIns, mode: str = "", *, lock_clocks: bool = False) -> Plan:
    return plan_of(mode or None, lock_clocks=lock_clocks, root=board.root, folder=Path("/own"))


def test_nothing_asked_is_nothing_planned(board: StandIns) -> None:
    assert plan(board) == Plan()


def test_clocks_that_are_locked_already_stay_so_unless_the_mode_moves_them(board: StandIns) -> None:
    gpu = board.root / "sys/class/devfreq/17000000.gpu"
    for name in ("min_freq", "cur_freq"):
        (gpu / name).write_text((gpu / "max_freq").read_text())
    write(board.root, {"sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq": "1344000\n"})

    assert plan(board, lock_clocks=True) == Plan()
    assert plan(board, "15W", lock_clocks=True).lock == (Step(("jetson_clocks",)),)


def test_a_mode_that_is_not_known_now_could_not_be_put_back(board: StandIns) -> None:
    write(board.root, {"var/lib/nvpmodel/status": "", "etc/nvpmodel.conf": AGX_ORIN_CONF})
    with pytest.raises(Refused, match="could not be put back"):
        plan(board, "MAXN")


def test_one_of_the_same_units_is_taken_on_an_agx_orin_and_others_are_not(board: StandIns) -> None:
    write(board.root, {"var/lib/nvpmodel/status": "pmode:0003\n", "etc/nvpmodel.conf": AGX_ORIN_CONF})

    assert plan(board, "MAXN").undo == (Step(("nvpmodel", "-m", "3")),)
    with pytest.raises(Refused, match="needs a reboot"):
        plan(board, "MODE_30W")


def test_what_is_to_be_allowed_holds_each_command_once(board: StandIns) -> None:
    told = allowing(plan(board, "15W", lock_clocks=True))

    assert told.count(f"{board.bin}/nvpmodel") == 1
    assert told.count(f"{board.bin}/jetson_clocks") == 1
    assert "trust with root" in told
    assert "trust with root" not in allowing(plan(board, "15W"))
