"""The folder that a device keeps files in: whose it may be, what lies in it, and what goes first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, List

import pytest

from edgeprof.agent import shelf

DAY_S = 86400.0
Keep = Callable[..., Path]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """A verified file, last used so many days ago."""

    def of(letter: str, size: int = 10, days: float = 0.0) -> Path:
        path = tmp_path / (letter * 64 + "-model.onnx")
        path.write_bytes(b"x" * size)
        os.utime(str(path), ns=(int((shelf.now() - days * DAY_S) * 1e9), shelf.STAMP_NS))
        return path

    return of


def names(folder: Path) -> List[str]:
    return sorted(os.listdir(str(folder)))


def test_the_users_cache_comes_first_and_a_relative_one_counts_as_none() -> None:
    own = f"edgeprof-{os.getuid()}/device"

    assert shelf.roots({"HOME": "/home/ann"})[0] == "/home/ann/.cache/edgeprof/device"
    assert shelf.roots({"HOME": "/home/ann", "XDG_CACHE_HOME": "/c"})[0] == "/c/edgeprof/device"
    assert shelf.roots({"XDG_CACHE_HOME": "relative"}) == ["/var/tmp/" + own, "/tmp/" + own]


def test_the_first_folder_that_can_be_written_is_taken_and_the_others_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    good = tmp_path / "good" / "edgeprof" / "device"
    root, passed_over = shelf.usable_root([str(tmp_path / "file" / "edgeprof" / "device"), str(good)])

    assert root == str(good)
    assert good.stat().st_mode & 0o777 == 0o700
    assert [words for _, words in passed_over] in (["Not a directory"], ["File exists"])


@pytest.mark.parametrize("level", ["edgeprof", "edgeprof/device"])
def test_a_link_in_the_place_of_a_folder_is_not_followed(tmp_path: Path, level: str) -> None:
    """Anybody can put one into /tmp."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    trap = tmp_path / level
    trap.parent.mkdir(exist_ok=True)
    trap.symlink_to(elsewhere)
    root, passed_over = shelf.usable_root([str(tmp_path / "edgeprof" / "device")])

    assert root == ""
    assert "own" in passed_over[0][1]
    assert names(elsewhere) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes another user's folder")
def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "edgeprof").mkdir()
    os.chown(str(tmp_path / "edgeprof"), 12345, 12345)

    assert shelf.usable_root([str(tmp_path / "edgeprof" / "device")])[0] == ""


def test_a_folder_of_ours_that_others_may_enter_is_closed(tmp_path: Path) -> None:
    device = tmp_path / "edgeprof" / "device"
    device.mkdir(parents=True)
    device.chmod(0o777)
    device.parent.chmod(0o777)
    shelf.usable_root([str(device)])

    assert device.stat().st_mode & 0o777 == 0o700
    assert device.parent.stat().st_mode & 0o777 == 0o755


def test_only_what_is_verified_and_named_by_us_is_there(tmp_path: Path, keep: Keep) -> None:
    good = keep("a")
    touched = keep("b")
    touched.write_bytes(b"something else")
    (tmp_path / "README").write_text("")
    (tmp_path / ("c" * 64 + "-model.onnx")).symlink_to(good)

    assert [name for name, _, _ in shelf.placed(str(tmp_path))] == [good.name]


def test_what_was_used_longest_ago_makes_room(tmp_path: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "CAP_BYTES", 250)
    oldest, older, newer = keep("a", 100, 9), keep("b", 100, 5), keep("c", 100, 3)
    shelf.note_use(str(tmp_path), [oldest.name, "../../etc/passwd"])
    shelf.make_room(str(tmp_path), 20)

    assert names(tmp_path) == [oldest.name, newer.name]
    assert not older.exists()


def test_what_was_used_within_the_hour_stays_whatever_the_cap(
    tmp_path: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "CAP_BYTES", 50)
    recent = keep("a", 100)
    shelf.make_room(str(tmp_path), 20)

    assert recent.exists()


def test_more_than_the_disk_has_is_refused_with_both_figures(tmp_path: Path) -> None:
    with pytest.raises(shelf.Refused) as caught:
        shelf.make_room(str(tmp_path), 1 << 60)

    assert caught.value.told["error"] == "space"
    assert caught.value.told["needed"] == 1 << 60
    assert 0 <= caught.value.told["free"] < 1 << 60


def test_an_unfinished_file_that_is_being_sent_is_not_offered_to_another(tmp_path: Path) -> None:
    name = "a" * 64 + "-model.onnx"
    file, path = shelf.open_part(str(tmp_path / name))
    file.write(b"12345")
    with file:
        assert shelf.parts(str(tmp_path)) == {}
        assert names(tmp_path) == [name + ".part"]

    assert path == str(tmp_path / name) + ".part"
    assert shelf.parts(str(tmp_path)) == {name: 5}


def test_a_part_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    name = "a" * 64 + "-model.onnx"
    (tmp_path / (name + ".part")).symlink_to(victim)
    with pytest.raises(shelf.Refused):
        shelf.open_part(str(tmp_path / name))

    assert victim.read_text() == "precious"


def test_cleaning_takes_everything_that_is_old_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = tmp_path / "edgeprof" / "device"
    shelf.usable_root([str(root)])
    (root / "outputs-abc").mkdir()
    (root / "outputs-abc" / "output-0-0.npy").write_bytes(b"x" * 7)
    (root / ("a" * 64 + "-model.onnx.part")).write_bytes(b"x" * 5)

    assert shelf.clean(3600.0) == {"removed": 0, "bytes": 0}
    assert shelf.clean(0.0) == {"removed": 2, "bytes": 12}
    assert not (tmp_path / "edgeprof").exists()
