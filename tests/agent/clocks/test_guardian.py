"""What goes wrong between setting a board and putting it back: told, and on record as long as it is not right."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from pathlib import Path
from typing import Any, Dict, List

import pytest

from agent.clocks.stand_ins import StandIns
from edgeprof.agent.clocks import guardian, record
from edgeprof.agent.clocks import step as steps
from edgeprof.core.protocol import Order, Task


@pytest.fixture(autouse=True)
def device_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEPROF_LOCK", str(tmp_path / "lock"))


def told(**changes: Any) -> List[Dict[str, Any]]:
    """Every event of a hold whose caller lets go at once."""
    gone, events = threading.Event(), []  # type: ignore[var-annotated]
    gone.set()
    guardian.obey(Order(Task.HOLD, holder="the test", **changes), gone, events.append)
    return events


def test_a_hold_that_is_let_go_at_once_leaves_nothing(board: StandIns) -> None:
    (ready,) = told(power_mode="MAXN_SUPER", lock_clocks=True)

    assert ready["power_mode"] == "MAXN_SUPER"
    assert (board.mode, board.is_locked) == ("pmode:0001", False)
    assert not board.leftovers


def test_a_lock_that_fails_halfway_is_undone(board: StandIns) -> None:
    board.note("halfway")
    (error,) = told(power_mode="MAXN_SUPER", lock_clocks=True)

    assert error["message"] == "jetson_clocks failed with exit code 1: Error: no EMC"
    assert (board.mode, board.is_locked) == ("pmode:0001", False)
    assert not board.leftovers


def test_a_lock_that_fails_and_cannot_be_undone_is_told_and_stays_on_record(board: StandIns) -> None:
    board.note("halfway")
    board.note("broken")
    (error,) = told(power_mode="MAXN_SUPER", lock_clocks=True)

    assert "Error: no EMC; and what was changed by then was not put back" in error["message"]
    assert "Error: no " in error["message"].rpartition("not put back")[2]
    left = record.own(board.root)
    assert left is not None
    assert left.undo[-1] in error["hint"]
    assert Path(left.undo[-1].split()[-1]).exists()  # what jetson_clocks stored


def test_a_restore_that_leaves_the_clocks_locked_is_told_and_stays_on_record(board: StandIns) -> None:
    board.note("idle")
    _, failed = told(lock_clocks=True)

    assert failed == {"event": "not restored", "failures": ["the clocks are locked all the same"]}
    assert record.own(board.root) is not None


def test_clocks_that_were_locked_before_may_be_so_afterwards(board: StandIns) -> None:
    gpu = board.root / "sys/class/devfreq/17000000.gpu"
    cpu = board.root / "sys/devices/system/cpu/cpu0/cpufreq"
    for name in ("min_freq", "cur_freq"):
        (gpu / name).write_text((gpu / "max_freq").read_text())
    (cpu / "scaling_min_freq").write_text((cpu / "scaling_max_freq").read_text())
    (ready,) = told(power_mode="MAXN_SUPER", lock_clocks=True)

    assert "clocks locked" in ready["changes"]
    assert not board.leftovers


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_command_that_hung_is_told_and_stays_on_record_although_the_mode_looks_right(
    board: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_PATIENCE_S", 0.3)
    monkeypatch.setattr(os, "killpg", as_if_it_were_roots(os.killpg))
    board.note("hangs")
    (error,) = told(power_mode="MAXN_SUPER")

    assert "nvpmodel did not end" in error["message"]
    assert "runs on, and may still change something" in error["message"]
    assert board.mode == "pmode:0001"
    left = record.own(board.root)
    assert left is not None
    assert len(left.hung) == 1
    monkeypatch.undo()
    os.killpg(left.hung[0], 9)


def as_if_it_were_roots(killpg: Any) -> Any:
    def refuse(group: int, number: int) -> None:
        if number:
            raise PermissionError(errno.EPERM, "not yours")
        killpg(group, number)

    return refuse


def test_a_full_tmp_is_told(board: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: Any, **__: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", fill)
    (error,) = told(power_mode="MAXN_SUPER", lock_clocks=True)

    assert error["cause"] == "clocks"
    assert "No space left on device" in error["message"]
    assert board.log == []


def test_a_folder_that_is_not_there_is_told(board: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEPROF_CLOCKS", str(board.clocks / "none"))
    (error,) = told(power_mode="MAXN_SUPER")

    assert error["cause"] == "lock"


@pytest.mark.parametrize("name", ["speak", "wait"])
def test_whatever_fails_while_it_is_held_all_is_put_back(board: StandIns, name: str) -> None:
    class Failing(threading.Event):
        def wait(self, timeout: Any = None) -> bool:
            raise MemoryError(name)

    def speak(event: Dict[str, Any]) -> None:
        assert board.is_locked
        if name == "speak":
            raise MemoryError(name)

    with pytest.raises(MemoryError, match=name):
        guardian.obey(Order(Task.HOLD, power_mode="MAXN_SUPER", lock_clocks=True), Failing(), speak)
    assert (board.mode, board.is_locked) == ("pmode:0001", False)
    assert not board.leftovers


def test_an_error_nobody_foresaw_while_it_is_set_puts_all_back(
    board: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second command cannot be run, for want of memory."""
    start = steps.subprocess.Popen  # type: ignore[attr-defined]

    def starve(command: List[str], **options: Any) -> Any:
        if command[-1].endswith("/jetson_clocks"):
            raise MemoryError
        return start(command, **options)

    monkeypatch.setattr(steps.subprocess, "Popen", starve)  # type: ignore[attr-defined]
    with pytest.raises(MemoryError):
        told(power_mode="MAXN_SUPER", lock_clocks=True)
    assert (board.mode, board.is_locked) == ("pmode:0001", False)
    assert not board.leftovers
