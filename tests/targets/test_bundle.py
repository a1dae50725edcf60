"""The bundle is the same bytes for the same sources, and all the agent needs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeprof.agent.byte_code import compiled_path
from edgeprof.core.files import digest_of_file
from edgeprof.targets.bundle import bundle


def test_the_same_sources_are_one_file_that_is_not_made_again(tmp_path: Path) -> None:
    first = bundle(tmp_path)
    made_at = first.path.stat().st_mtime_ns
    compiled = Path(compiled_path(str(first.path)))
    compiled_at = compiled.stat().st_mtime_ns
    second = bundle(tmp_path)

    assert second == first
    assert second.path.stat().st_mtime_ns == made_at
    assert compiled.stat().st_mtime_ns == compiled_at
    assert first.digest == digest_of_file(first.path)
    assert first.key in first.path.name


@pytest.mark.parametrize("which", [str, compiled_path], ids=["sources", "byte code"])
def test_one_that_rotted_is_made_again(tmp_path: Path, which: Callable[[str], str]) -> None:
    path = Path(which(str(bundle(tmp_path).path)))
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(content)

    bundle(tmp_path)

    assert zipfile.ZipFile(path).testzip() is None


def rewritten(path: Path, **changes: bytes) -> None:
    """The same archive, sound in itself, with members of somebody else's."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    path.unlink()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, **changes}.items():
            archive.writestr(name, content)


STRANGE = (
    {"__main__.py": b"print('pwned')"},
    {"edgeprof/core/job.py": b"print('pwned')"},
    {"json.py": b"print('pwned')"},  # it would stand before the standard library's
)


@pytest.mark.parametrize("which", [str, compiled_path], ids=["sources", "byte code"])
@pytest.mark.parametrize("changes", STRANGE, ids=["main", "module", "one more"])
def test_one_that_holds_anything_else_is_made_again(
    tmp_path: Path, which: Callable[[str], str], changes: dict[str, bytes]
) -> None:
    made = bundle(tmp_path)
    rewritten(Path(which(str(made.path))), **changes)

    assert bundle(tmp_path) == made
    for path in (made.path, compiled_path(str(made.path))):
        done = subprocess.run([sys.executable, "-S", path], input=b"", capture_output=True, check=True, cwd=tmp_path)
        assert b"pwned" not in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
@pytest.mark.parametrize("which", [str, compiled_path], ids=["sources", "byte code"])
def test_one_that_everybody_may_write_to_and_that_is_another_users_is_made_again(
    tmp_path: Path, which: Callable[[str], str]
) -> None:
    path = Path(which(str(bundle(tmp_path).path)))
    path.chmod(0o666)
    os.chown(path, 12345, 12345)
    bundle(tmp_path)

    assert path.stat().st_uid == os.geteuid()


@pytest.mark.parametrize("which", [str, compiled_path], ids=["sources", "byte code"])
def test_a_link_in_its_place_is_replaced(tmp_path: Path, which: Callable[[str], str]) -> None:
    path = Path(which(str(bundle(tmp_path).path)))
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    bundle(tmp_path)

    assert not path.is_symlink()


def test_it_is_small_enough_to_be_sent_over_any_link(tmp_path: Path) -> None:
    assert bundle(tmp_path).path.stat().st_size <= 200_000


def test_sources_are_for_every_python_and_byte_code_for_this_one_is_beside_them(tmp_path: Path) -> None:
    path = bundle(tmp_path).path
    sent = set(zipfile.ZipFile(path).namelist())
    beside = set(zipfile.ZipFile(compiled_path(str(path))).namelist())

    assert all(name.endswith(".py") for name in sent)
    assert beside == sent | {f"{name}c" for name in sent}


def test_it_holds_core_and_agent_and_nothing_else(tmp_path: Path) -> None:
    names = zipfile.ZipFile(bundle(tmp_path).path).namelist()

    assert {name.split("/")[1] for name in names if "/" in name} == {"__init__.py", "core", "agent"}


def test_it_runs_with_nothing_but_the_standard_library(tmp_path: Path) -> None:
    """`-S` leaves site-packages out; without an order the agent greets and goes."""
    archive = str(bundle(tmp_path).path)
    for path in (archive, compiled_path(archive)):
        done = subprocess.run([sys.executable, "-S", path], input=b"", capture_output=True, check=True, cwd=tmp_path)

        assert b'"protocol":1' in done.stdout
