"""The folder that a device keeps files in: whose it may be, and what lies in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, List

import pytest

from edgeprof.agent import shelf

Keep = Callable[..., Path]


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


def test_noting_a_use_gives_no_stamp_back_to_what_was_written_to(tmp_path: Path, keep: Keep) -> None:
    path = keep("a", days=3)
    path.write_bytes(b"another")
    shelf.note_use(str(tmp_path), [path.name])

    assert not shelf.is_verified(path.name, os.lstat(str(path)))


def test_noting_a_use_keeps_the_stamp_of_what_was_not(tmp_path: Path, keep: Keep) -> None:
    path = keep("a", days=3)
    shelf.note_use(str(tmp_path), [path.name])

    seen = os.lstat(str(path))
    assert shelf.is_verified(path.name, seen)
    assert shelf.now() - seen.st_atime < 60
