"""Files that are whole or absent, and the lock."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edgeprof.core import files
from edgeprof.core.files import (
    digest_of_bytes,
    digest_of_file,
    digest_of_json,
    held_s,
    is_trusted,
    locked,
    write_atomically,
)

ROOT = Path(files.__file__).parents[2]


def test_a_written_file_holds_what_was_given(tmp_path):
    path = tmp_path / "deep" / "er" / "a.json"
    write_atomically(path, "naïve")
    assert path.read_bytes() == "naïve".encode()
    write_atomically(path, b"\x00new")
    assert path.read_bytes() == b"\x00new"
    assert [p.name for p in path.parent.iterdir()] == ["a.json"]


def test_a_written_file_has_the_mode_that_the_umask_gives(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_an_error_leaves_the_old_file_and_no_temporary_one(tmp_path):
    path = tmp_path / "a"
    path.mkdir()  # a file cannot be renamed over a directory
    (path / "kept").touch()
    with pytest.raises(OSError, match="a"):
        write_atomically(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (path / "kept").exists()


def test_a_crash_before_the_rename_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    write_atomically(path, "old")
    dies_at_the_rename = f"""
import os, sys
from pathlib import Path
from edgeprof.core.files import write_atomically
sys.addaudithook(lambda event, args: os.kill(os.getpid(), 9) if event == "os.rename" else None)
write_atomically(Path({str(path)!r}), "new")
"""
    ended = subprocess.run([sys.executable, "-c", dies_at_the_rename], env=environment(), check=False)
    assert ended.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_digests_do_not_depend_on_how_they_are_read(tmp_path):
    content = b"x" * (3 << 20)
    (tmp_path / "a").write_bytes(content)
    assert digest_of_file(tmp_path / "a") == digest_of_bytes(content) == hashlib.sha256(content).hexdigest()
    assert digest_of_json({"b": [1, 2], "a": None}) == digest_of_json({"a": None, "b": [1, 2]})
    assert digest_of_json({"a": 1}) != digest_of_json({"a": 2})


HOLD = """
import sys
from pathlib import Path
from edgeprof.core.files import locked
with locked(Path(sys.argv[1]), "a check of resnet50", print, lambda: True):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds tmp_path/lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_waits_hears_who_holds_it_and_gets_it_when_the_first_is_killed(tmp_path, holder):
    heard = []
    asked = []

    def give_up():
        asked.append(1)
        if len(asked) == 3:
            holder.kill()
            holder.wait()
        return False

    with locked(tmp_path / "lock", "us", heard.append, give_up):
        assert (tmp_path / "lock").read_text() == "us"
    assert heard == ["a check of resnet50"]
    assert len(asked) >= 3


def test_whoever_gives_up_is_told_who_holds_it(tmp_path, holder):
    def enter():
        with locked(tmp_path / "lock", "us", lambda holder: None, lambda: True):
            pytest.fail("two held it")

    with pytest.raises(TimeoutError, match="a check of resnet50"):
        enter()
    assert holder.poll() is None
    assert (tmp_path / "lock").read_text() == "a check of resnet50"


@pytest.fixture
def stale(tmp_path):
    """What a power cut leaves: the file, with a name in it that is longer than the others here."""
    (tmp_path / "lock").write_text("somebody who is gone (process 4711, mobilenetv3_large)")


def test_a_name_that_a_power_cut_left_holds_nobody_up(tmp_path, stale):
    with locked(tmp_path / "lock", "us", lambda holder: pytest.fail(f"waited for {holder}"), lambda: True):
        assert (tmp_path / "lock").read_text() == "us"


def test_a_name_that_a_power_cut_left_is_not_shown_for_the_holders(tmp_path, stale, holder):
    heard = []
    with pytest.raises(TimeoutError) as caught, locked(tmp_path / "lock", "us", heard.append, lambda: True):
        pytest.fail("two held it")

    assert str(caught.value) == "a check of resnet50"
    assert heard == ["a check of resnet50"]


def test_a_lock_is_free_again_after_an_error_inside(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "lock", "one", print, lambda: True):
        raise KeyError
    with locked(tmp_path / "lock", "two", print, lambda: True):
        assert (tmp_path / "lock").read_text() == "two"


def test_a_lock_is_never_a_link_to_something_else(tmp_path):
    (tmp_path / "precious").write_text("data")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="lock"), locked(tmp_path / "lock", "us", print, lambda: True):
        pytest.fail("followed the link")
    assert (tmp_path / "precious").read_text() == "data"


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize(
    ("owner", "mode", "me", "expected"),
    [
        (1000, 0o777, 1000, True),
        (0, 0o755, 1000, True),
        (1001, 0o700, 1000, False),
        (1001, 0o755, 0, True),
        (1001, 0o757, 0, False),
    ],
)
def test_ours_and_roots_is_trusted_and_root_takes_what_is_not_open_to_all(monkeypatch, owner, mode, me, expected):
    monkeypatch.setattr(os, "geteuid", lambda: me)
    assert is_trusted(os.stat_result((mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))) is expected


def test_how_long_a_lock_is_held_is_counted_from_when_its_holder_wrote_a_name(tmp_path):
    path = tmp_path / "lock"
    assert held_s(path) is None
    with locked(path, "me", lambda _: None, lambda: True):
        assert 0 <= held_s(path) < 60
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert held_s(path) > 700_000_000
