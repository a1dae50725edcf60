"""What a hold leaves in a folder that everybody may write to."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent.clocks.stand_ins import StandIns
from edgeprof.agent import clocks
from edgeprof.agent.clocks import record
from edgeprof.agent.clocks.record import Record
from edgeprof.core.codec import plain

MAXN = Record(
    "ann", 1_790_000_000.0, "boot", ("power mode MAXN_SUPER instead of 25W",), ("sudo nvpmodel -m 1",), "MAXN_SUPER"
)
LOCKED = Record(
    "ann", 1_790_000_000.0, "another boot", ("clocks locked",), ("sudo jetson_clocks --restore x",), locks=True
)


def in_mode(board: StandIns, number: int) -> None:
    (board.root / "var/lib/nvpmodel/status").write_text(f"pmode:000{number}\n")


def test_a_mode_outlives_a_reboot_so_its_record_counts_as_long_as_it_is_in_force(board: StandIns) -> None:
    in_mode(board, 2)
    assert record.keep(MAXN)

    left = record.held(board.root)

    assert left is not None
    assert (left.is_held, left.undo, left.since) == (False, ("sudo nvpmodel -m 1",), 1_790_000_000.0)
    in_mode(board, 1)  # somebody put it back by hand
    assert record.held(board.root) is None


def test_a_reboot_frees_locked_clocks(board: StandIns) -> None:
    gpu = board.root / "sys/class/devfreq/17000000.gpu"
    cpu = board.root / "sys/devices/system/cpu/cpu0/cpufreq"
    for folder, high, lows in (
        (gpu, "max_freq", ("min_freq", "cur_freq")),
        (cpu, "scaling_max_freq", ("scaling_min_freq",)),
    ):
        for low in lows:
            (folder / low).write_text((folder / high).read_text())
    assert record.keep(LOCKED)
    assert record.held(board.root) is None
    assert record.keep(Record(**{**vars(LOCKED), "boot": record.boot_id(board.root)}))

    assert record.held(board.root) is not None


def test_a_record_that_is_forgotten_is_gone_and_may_be_forgotten_twice(board: StandIns) -> None:
    record.keep(MAXN)
    record.forget()
    record.forget()

    assert not board.leftovers


def test_a_folder_that_cannot_be_written_keeps_no_record(board: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    (board.clocks / "file").write_text("in the way")
    monkeypatch.setenv("EDGEPROF_CLOCKS", str(board.clocks / "file"))

    assert record.keep(MAXN) is False
    assert record.own(board.root) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"holder": 1}', "[" * 100_000, json.dumps({**plain(MAXN), "undo": "rm"})]
)
def test_garbage_is_no_record(board: StandIns, text: str) -> None:
    clocks.record_path().write_text(text)

    assert record.own(board.root) is None


def test_a_link_a_pipe_and_a_huge_file_are_no_records(board: StandIns, tmp_path: Path) -> None:
    in_mode(board, 2)
    path = clocks.record_path()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(json.dumps(plain(MAXN)))
    path.symlink_to(elsewhere)
    assert record.own(board.root) is None
    assert record.keep(LOCKED)  # in the link's place, not through it
    assert not path.is_symlink()
    assert json.loads(elsewhere.read_text()) == plain(MAXN)
    path.unlink()
    os.mkfifo(str(path))
    assert record.own(board.root) is None
    path.unlink()
    path.write_text(json.dumps(plain(MAXN)) + " " * (1 << 17))

    assert record.own(board.root) is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
def test_another_users_file_never_says_what_to_type(board: StandIns) -> None:
    in_mode(board, 2)
    record.keep(MAXN)
    assert record.own(board.root) is not None
    os.chown(str(clocks.record_path()), 65534, 65534)

    assert record.own(board.root) is None


def test_the_usual_places_are_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEPROF_CLOCKS", raising=False)

    assert clocks.lock_path() == Path("/tmp/edgeprof.clocks.lock")
    assert clocks.record_path() == Path(f"/var/tmp/edgeprof.clocks.{os.getuid()}.json")
