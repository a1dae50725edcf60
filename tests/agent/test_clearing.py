"""What goes from the folder that a device keeps files in, and what stays whatever the need."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Callable, List

import pytest

from edgeprof.agent import clearing, shelf

DAY_S = 86400.0
Keep = Callable[..., Path]


def names(folder: Path) -> List[str]:
    return sorted(os.listdir(str(folder)))


def aged(path: Path, days: float) -> Path:
    """As it was left so many days ago."""
    then = shelf.now() - days * DAY_S
    os.utime(str(path), (then, then))
    return path


def a_part(folder: Path, letter: str, size: int, days: float) -> Path:
    path = folder / (letter * 64 + "-model.onnx.part")
    path.write_bytes(b"x" * size)
    return aged(path, days)


def outputs_of(folder: Path, name: str, size: int, days: float) -> Path:
    """A folder whose keeper may have been killed."""
    path = folder / name
    path.mkdir()
    (path / "output-0-0.npy").write_bytes(b"x" * size)
    return aged(path, days)


def test_what_was_used_longest_ago_makes_room(tmp_path: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "CAP_BYTES", 250)
    oldest, older, newer = keep("a", 100, 9), keep("b", 100, 5), keep("c", 100, 3)
    shelf.note_use(str(tmp_path), [oldest.name, "../../etc/passwd"])
    clearing.make_room(str(tmp_path), 20)

    assert names(tmp_path) == [oldest.name, newer.name]
    assert not older.exists()


def test_what_was_used_within_the_hour_stays_whatever_the_cap(
    tmp_path: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "CAP_BYTES", 50)
    recent = keep("a", 100)
    clearing.make_room(str(tmp_path), 20)

    assert recent.exists()


def test_more_than_the_disk_has_is_refused_with_both_figures(tmp_path: Path) -> None:
    with pytest.raises(shelf.Refused) as caught:
        clearing.make_room(str(tmp_path), 1 << 60)

    assert caught.value.told["error"] == "space"
    assert caught.value.told["needed"] == 1 << 60
    assert 0 <= caught.value.told["free"] < 1 << 60


def test_what_broken_transfers_and_killed_sessions_left_makes_room_first(
    tmp_path: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "CAP_BYTES", 250)
    used = keep("a", 100, 2)
    broken, orphan = a_part(tmp_path, "b", 200, 3), outputs_of(tmp_path, "outputs-old", 200, 4)
    clearing.make_room(str(tmp_path), 20)

    assert names(tmp_path) == [used.name]
    assert not broken.exists()
    assert not orphan.exists()


def test_unfinished_files_count_and_go_only_after_a_day(
    tmp_path: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "CAP_BYTES", 350)
    used = keep("a", 100, 9)
    broken, outputs = a_part(tmp_path, "b", 200, 0.5), outputs_of(tmp_path, "outputs-new", 200, 0.5)
    clearing.make_room(str(tmp_path), 20)

    assert not used.exists()
    assert names(tmp_path) == [broken.name, outputs.name]


def test_the_unfinished_file_that_the_room_is_for_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "CAP_BYTES", 50)
    resumed, other = a_part(tmp_path, "a", 100, 3), a_part(tmp_path, "b", 100, 3)
    clearing.make_room(str(tmp_path), 20, resumed=str(resumed))

    assert resumed.exists()
    assert not other.exists()


GONE = ("c" * 64 + "-model.onnx", "d" * 64 + "-model.onnx.part", "outputs-gone")


@pytest.fixture
def quick_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another session takes away what was just listed, and what is about to be removed."""
    listed, unlink = os.listdir, os.unlink

    def unlink_second(path: str) -> None:
        unlink(path)
        unlink(path)

    monkeypatch.setattr(os, "listdir", lambda folder: [*listed(folder), *GONE])
    monkeypatch.setattr(os, "unlink", unlink_second)


def test_what_another_session_takes_away_meanwhile_ends_nobody(
    tmp_path: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch, quick_other: None
) -> None:
    monkeypatch.setattr(clearing, "CAP_BYTES", 0)
    monkeypatch.setattr(clearing, "roots", lambda environ: [str(tmp_path)])
    old = keep("a", 10, 9)
    assert [name for name, _, _ in shelf.placed(str(tmp_path))] == [old.name]
    clearing.make_room(str(tmp_path), 10)
    assert not old.exists()

    keep("b", 10, 9)
    assert clearing.clean(0.0) == {"files": 0, "bytes": 0, "left": 0}


def test_cleaning_takes_everything_that_is_old_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = tmp_path / "edgeprof" / "device"
    shelf.usable_root([str(root)])
    (root / "outputs-abc").mkdir()
    (root / "outputs-abc" / "output-0-0.npy").write_bytes(b"x" * 7)
    (root / ("a" * 64 + "-model.onnx.part")).write_bytes(b"x" * 5)

    assert clearing.clean(3600.0) == {"files": 0, "bytes": 0, "left": 0}
    assert clearing.clean(0.0) == {"files": 2, "bytes": 12, "left": 0}
    assert not (tmp_path / "edgeprof").exists()


def test_cleaning_leaves_to_another_session_what_it_used_lately(
    tmp_path: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "roots", lambda environ: [str(tmp_path)])
    in_use, old = keep("a", 10, 0.01), keep("b", 10, 1)
    other = shelf.hold(str(tmp_path), fcntl.LOCK_SH)

    assert clearing.clean(0.0) == {"files": 1, "bytes": 10, "left": 1}
    assert in_use.exists()
    assert not old.exists()

    assert other is not None
    os.close(other)
    assert clearing.clean(0.0) == {"files": 1, "bytes": 10, "left": 0}
