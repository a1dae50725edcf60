"""A hold from outside: set, and put back however it ends. Agents, guardians and commands are all really run."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any, Callable

import pytest

from agent.clocks.stand_ins import StandIns, guardian_of, hear, kill, let_go, until
from agent.speaking import Agent
from edgeprof.agent.board import whole
from edgeprof.agent.clocks import record
from edgeprof.core.protocol import Order, Task

Start = Callable[[], Agent]


def hold(start: Start, **changes: Any) -> Agent:
    agent = start()
    agent.ask(Order(Task.HOLD, holder="the test", **changes))
    return agent


def refusal(start: Start, **changes: Any) -> Any:
    return hear(hold(start, **changes), "error")


def test_a_power_mode_is_set_and_put_back_when_stdin_closes(start: Start, board: StandIns) -> None:
    agent = hold(start, power_mode="MAXN_SUPER")
    ready = hear(agent, "ready")

    assert ready["changes"] == ["power mode MAXN_SUPER instead of 25W"]
    assert ready["power_mode"] == "MAXN_SUPER"
    assert board.mode == "pmode:0002"
    let_go(agent)
    assert until(lambda: board.mode == "pmode:0001")
    assert until(lambda: not board.leftovers)
    assert board.log == ["sudo -n nvpmodel -m 2", "sudo -n nvpmodel -m 1"]


def test_clocks_are_stored_locked_and_restored_after_the_mode(start: Start, board: StandIns) -> None:
    agent = hold(start, power_mode="15W", lock_clocks=True)
    ready = hear(agent, "ready")

    assert ready["changes"] == ["power mode 15W instead of 25W", "clocks locked"]
    assert ready["clocks_locked"] is True
    assert board.is_locked
    let_go(agent)
    assert until(lambda: not board.leftovers)
    assert not board.is_locked
    assert board.log == [
        "sudo -n jetson_clocks --store clocks",
        "sudo -n nvpmodel -m 0",
        "sudo -n jetson_clocks",
        "sudo -n nvpmodel -m 1",
        "sudo -n jetson_clocks --restore clocks",
    ]


def test_what_is_so_already_is_left_alone(start: Start, board: StandIns) -> None:
    agent = hold(start, power_mode="25w")
    ready = hear(agent, "ready")
    let_go(agent)

    assert ready["changes"] == []
    assert board.log == []


def test_an_agent_that_is_killed_leaves_the_board_as_it_was(start: Start, board: StandIns) -> None:
    agent = hold(start, power_mode="MAXN_SUPER", lock_clocks=True)
    hear(agent, "ready")

    kill(agent.process.pid)

    assert until(lambda: board.mode == "pmode:0001" and not board.is_locked)
    assert until(lambda: not board.leftovers)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_end_of_a_login_does_not_end_the_guardian(start: Start, board: StandIns, number: signal.Signals) -> None:
    agent = hold(start, power_mode="MAXN_SUPER")
    hear(agent, "ready")
    guardian = guardian_of(agent)

    os.kill(guardian, number)
    kill(agent.process.pid)

    assert until(lambda: board.mode == "pmode:0001")


def test_the_guardian_has_a_session_of_its_own(start: Start, board: StandIns) -> None:
    """What ends a login or a terminal ends all its processes."""
    agent = hold(start, power_mode="MAXN_SUPER")
    hear(agent, "ready")

    assert os.getsid(guardian_of(agent)) != os.getsid(agent.process.pid)


def test_the_guardian_cannot_be_found_by_what_kills_an_agent_of_a_lost_link(
    start: Start, board: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEPROF_CONVERSATION", "token")
    agent = hold(start, power_mode="MAXN_SUPER")
    hear(agent, "ready")

    assert b"EDGEPROF_CONVERSATION=token" in environment_of(agent.process.pid)
    assert b"EDGEPROF_CONVERSATION=token" not in environment_of(guardian_of(agent))


def environment_of(pid: int) -> Any:
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def test_a_mode_that_asks_for_a_reboot_is_refused_and_the_question_never_answered(
    start: Start, board: StandIns
) -> None:
    board.note("reboots")
    error = refusal(start, power_mode="MAXN_SUPER")

    assert error["cause"] == "clocks"
    assert error["message"] == 'power mode "MAXN_SUPER" needs a reboot: nvpmodel asks for one'
    assert "sudo nvpmodel -m 2" in error["hint"]
    assert not board.has("answered")
    assert board.mode == "pmode:0001"
    assert board.log == ["sudo -n nvpmodel -m 2"]
    assert until(lambda: not board.leftovers)


def test_a_mode_with_other_units_of_the_gpu_is_refused_before_anything_is_run(start: Start, board: StandIns) -> None:
    error = refusal(start, power_mode="7W")

    assert "needs a reboot" in error["message"]
    assert "sudo nvpmodel -m 3" in error["hint"]
    assert board.log == []


def test_a_mode_that_does_not_take_is_refused(start: Start, board: StandIns) -> None:
    board.note("stuck")
    error = refusal(start, power_mode="MAXN_SUPER", lock_clocks=True)

    assert "did not take: the device is in 25W" in error["message"]
    assert not board.is_locked


def test_an_unknown_mode_is_answered_with_those_there_are(start: Start, board: StandIns) -> None:
    error = refusal(start, power_mode="MAXN")

    assert error["message"] == 'this device has no power mode "MAXN"'
    assert error["hint"] == "one of 15W, 25W, MAXN_SUPER, 7W"


def test_a_password_that_is_wanted_is_answered_with_the_way_round_it(start: Start, board: StandIns) -> None:
    board.note("password")
    error = refusal(start, power_mode="MAXN_SUPER", lock_clocks=True)

    assert error["message"] == "sudo refuses to run jetson_clocks: sudo: a password is required"
    assert "sudo nvpmodel -m 2 && sudo jetson_clocks;" in error["hint"]
    assert f"NOPASSWD: {board.bin}/jetson_clocks, {board.bin}/nvpmodel" in error["hint"]
    assert "/etc/sudoers.d/edgeprof" in error["hint"]
    assert board.mode == "pmode:0001"
    assert until(lambda: not board.leftovers)


def test_clocks_that_refuse_put_the_mode_back(start: Start, board: StandIns) -> None:
    (board.bin / "jetson_clocks").write_text('#!/bin/sh\n[ "$1" = --store ] && exit 0\necho "Error: no EMC"; exit 1\n')
    error = refusal(start, power_mode="MAXN_SUPER", lock_clocks=True)

    assert "jetson_clocks failed with exit code 1: Error: no EMC" in error["message"]
    assert board.mode == "pmode:0001"


def test_a_second_hold_waits_for_the_first_and_says_for_whom(start: Start, board: StandIns) -> None:
    first = hold(start, power_mode="MAXN_SUPER")
    hear(first, "ready")
    second = start()
    second.ask(Order(Task.HOLD, holder="another", power_mode="15W"))
    waiting = hear(second, "waiting")

    assert waiting["holder"] == "the test"
    assert waiting["held_s"] >= 0
    let_go(first)
    assert hear(second, "ready")["changes"] == ["power mode 15W instead of 25W"]


def test_waiting_for_another_hold_ends_at_the_lock_timeout(start: Start, board: StandIns) -> None:
    hear(hold(start, power_mode="MAXN_SUPER"), "ready")
    error = refusal(start, power_mode="15W", lock_timeout_s=0.3)

    assert error["cause"] == "lock"
    assert "the test" in error["message"]
    assert board.mode == "pmode:0002"


def test_nothing_is_set_while_somebody_measures(start: Start, board: StandIns, tmp_path: Path) -> None:
    from edgeprof.core.files import locked

    with locked(tmp_path / "lock", "a measurement", lambda _: None, lambda: True):
        error = refusal(start, power_mode="MAXN_SUPER", lock_timeout_s=0.3)

    assert "a measurement" in error["message"]
    assert board.log == []


def test_what_cannot_be_put_back_is_told_and_stays_on_record(start: Start, board: StandIns) -> None:
    agent = hold(start, lock_clocks=True)
    hear(agent, "ready")
    board.note("broken")
    assert agent.process.stdin
    agent.process.stdin.close()
    failed = hear(agent, "not restored")
    agent.process.wait(20)

    assert "jetson_clocks failed" in failed["failures"][0]
    assert until(lambda: not is_held(board))
    left = record.held(board.root)
    assert left is not None
    assert left.changes == ("clocks locked",)
    assert left.undo[0].startswith("sudo jetson_clocks --restore ")
    assert Path(left.undo[0].split()[-1]).exists()  # what it names is kept


def is_held(board: StandIns) -> bool:
    hold_ = record.held(board.root)
    return hold_ is not None and hold_.is_held


def test_a_guardian_that_is_killed_leaves_a_record_for_the_next_one(start: Start, board: StandIns) -> None:
    agent = hold(start, power_mode="MAXN_SUPER")
    hear(agent, "ready")
    assert is_held(board)

    kill(guardian_of(agent))
    agent.process.wait(20)
    assert until(lambda: not is_held(board))

    seen = whole.read(board.root, machine="aarch64").hold
    assert seen is not None
    assert (seen.is_held, seen.holder) == (False, "the test")
    assert (seen.changes, seen.undo) == (("power mode MAXN_SUPER instead of 25W",), ("sudo nvpmodel -m 1",))


def test_a_guardian_that_ends_before_it_is_ready_is_the_agents_error(start: Start, board: StandIns) -> None:
    board.note("slow")
    agent = hold(start, power_mode="MAXN_SUPER")
    assert until(lambda: bool(board.log))
    kill(guardian_of(agent))
    error = hear(agent, "error")

    assert error["cause"] == "crashed"
    assert "guardian" in error["message"]


def test_a_caller_that_goes_while_it_waits_changes_nothing(start: Start, board: StandIns) -> None:
    first = hold(start, power_mode="MAXN_SUPER")
    hear(first, "ready")
    second = hold(start, power_mode="15W")
    hear(second, "waiting")
    guardian = guardian_of(second)
    kill(second.process.pid)

    assert until(lambda: not Path(f"/proc/{guardian}").exists() or is_zombie(guardian))
    let_go(first)
    assert until(lambda: board.mode == "pmode:0001")
    assert "sudo -n nvpmodel -m 0" not in board.log


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
