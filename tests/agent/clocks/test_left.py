"""What a hold that was killed leaves behind, and the next one puts right before it sets anything."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest

from agent.clocks.stand_ins import StandIns, guardian_of, hear, kill, let_go, until
from agent.speaking import Agent
from edgeprof.agent.clocks import left, record
from edgeprof.agent.clocks import step as steps
from edgeprof.agent.clocks.change import Change
from edgeprof.agent.clocks.step import Refused
from edgeprof.core.protocol import Order, Task

Start = Callable[[], Agent]


def hold(start: Start, **changes: Any) -> Agent:
    agent = start()
    agent.ask(Order(Task.HOLD, holder="the test", **changes))
    return agent


def killed(start: Start, board: StandIns, **changes: Any) -> record.Record:
    """The record of a hold whose guardian could not put anything back."""
    agent = hold(start, **changes)
    hear(agent, "ready")
    kill(guardian_of(agent))
    agent.process.wait(20)
    found = record.own(board.root)
    assert found is not None
    return found


def test_the_next_hold_puts_right_what_was_left_and_says_so(start: Start, board: StandIns) -> None:
    killed(start, board, power_mode="MAXN_SUPER", lock_clocks=True)
    next_one = hold(start, power_mode="15W")
    ready = hear(next_one, "ready")

    assert ready["put_right"] == ["power mode MAXN_SUPER instead of 25W", "clocks locked"]
    assert ready["changes"] == ["power mode 15W instead of 25W"]
    assert not board.is_locked
    let_go(next_one)
    assert until(lambda: board.mode == "pmode:0001")
    assert until(lambda: not board.leftovers)  # neither a record nor what jetson_clocks stored


def test_a_second_kill_does_not_lose_the_way_back(start: Start, board: StandIns) -> None:
    killed(start, board, power_mode="MAXN_SUPER")
    again = killed(start, board, power_mode="15W")

    assert board.mode == "pmode:0000"
    assert again.undo == ("sudo nvpmodel -m 1",)


def test_what_cannot_be_put_right_refuses_the_next_hold_and_keeps_its_record(start: Start, board: StandIns) -> None:
    before = killed(start, board, lock_clocks=True)
    board.note("broken")
    error = hear(hold(start, power_mode="15W"), "error")

    assert error["cause"] == "clocks"
    assert "clocks locked: jetson_clocks failed with exit code 1" in error["message"]
    assert before.undo[0] in error["hint"]
    assert board.mode == "pmode:0001"
    assert record.own(board.root) == before
    assert Path(before.undo[0].split()[-1]).exists()


def test_clocks_that_are_locked_after_a_restore_that_claims_success_are_not_right(
    start: Start, board: StandIns
) -> None:
    killed(start, board, lock_clocks=True)
    board.note("idle")

    with pytest.raises(Refused, match="in force all the same"):
        left.put_right(board.root)


def test_after_a_reboot_only_the_mode_is_to_be_put_right(start: Start, board: StandIns) -> None:
    """The clocks are free again, and what jetson_clocks had stored in /tmp is gone."""
    before = killed(start, board, power_mode="MAXN_SUPER", lock_clocks=True)
    record.keep(replace(before, boot="another"))

    seen = record.own(board.root)
    assert seen is not None
    assert seen.undo == ("sudo nvpmodel -m 1",)
    assert left.put_right(board.root) == before.changes
    assert board.mode == "pmode:0001"
    assert "sudo -n jetson_clocks --restore clocks" not in board.log


def test_a_record_never_has_anything_else_run_or_removed(board: StandIns, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (board.root / "var/lib/nvpmodel/status").write_text("pmode:0002\n")
    undo = ("sudo nvpmodel -m 1", f"sudo jetson_clocks --restore {precious}/x", f"sudo touch {tmp_path}/run")
    record.keep(record.Record("ann", 0.0, record.boot_id(board.root), ("mode",), undo, "MAXN_SUPER"))
    with pytest.raises(Refused, match="not a step"):
        left.put_right(board.root)
    assert not (tmp_path / "run").exists()
    (board.root / "var/lib/nvpmodel/status").write_text("pmode:0002\n")
    board.note("idle")
    record.keep(record.Record("ann", 0.0, record.boot_id(board.root), ("mode",), undo[:2], "MAXN_SUPER"))

    assert left.put_right(board.root) == ("mode",)
    assert precious.is_dir()


def test_nothing_left_is_nothing_run(board: StandIns) -> None:
    assert left.put_right(board.root) == ()
    assert board.log == []


def hung(board: StandIns, group: int) -> record.Record:
    boot = record.boot_id(board.root)
    made = record.Record("ann", 0.0, boot, ("mode",), ("sudo nvpmodel -m 1",), hung=(group,))
    record.keep(made)
    return made


def test_what_a_command_did_that_did_not_end_is_not_known_until_a_reboot_or_the_next_hold(board: StandIns) -> None:
    gone = hung(board, 2**22 + 1)  # above every pid there can be
    assert record.own(board.root) == gone
    record.keep(replace(gone, boot="another"))
    assert record.own(board.root) is None
    record.keep(gone)

    assert left.put_right(board.root) == ("mode",)
    assert record.own(board.root) is None


def test_one_that_runs_on_refuses_the_next_hold(board: StandIns) -> None:
    hung(board, os.getpgrp())

    with pytest.raises(Refused, match=f"process {os.getpgrp()} runs on"):
        left.put_right(board.root)


def test_a_store_that_hangs_has_changed_nothing(board: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_PATIENCE_S", 0.3)
    (board.bin / "jetson_clocks").write_text("#!/bin/sh\nexec sleep 60\n")
    change = Change(Order(Task.HOLD, lock_clocks=True), board.root)

    with pytest.raises(Refused, match="jetson_clocks did not end"):
        change.make()
    assert not board.leftovers
