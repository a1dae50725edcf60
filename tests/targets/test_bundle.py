"""The bundle is the same bytes for the same sources, and all the agent needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from edgeprof.core.files import digest_of_file
from edgeprof.targets.bundle import bundle


def test_the_same_sources_are_one_file_that_is_not_made_again(tmp_path: Path) -> None:
    first = bundle(tmp_path)
    made_at = first.path.stat().st_mtime_ns
    second = bundle(tmp_path)

    assert second == first
    assert second.path.stat().st_mtime_ns == made_at
    assert first.digest == digest_of_file(first.path)
    assert first.key in first.path.name


def test_one_that_rotted_is_made_again(tmp_path: Path) -> None:
    path = bundle(tmp_path).path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)

    again = bundle(tmp_path)

    assert zipfile.ZipFile(again.path).testzip() is None


def test_byte_code_is_there_for_this_python_and_sources_for_every_other(tmp_path: Path) -> None:
    names = set(zipfile.ZipFile(bundle(tmp_path).path).namelist()) - {"__main__.py"}

    assert {name for name in names if name.endswith(".pyc")} == {f"{name}c" for name in names if name.endswith(".py")}


def test_it_holds_core_and_agent_and_nothing_else(tmp_path: Path) -> None:
    names = zipfile.ZipFile(bundle(tmp_path).path).namelist()

    assert {name.split("/")[1] for name in names if "/" in name} == {"__init__.py", "__init__.pyc", "core", "agent"}


def test_it_runs_with_nothing_but_the_standard_library(tmp_path: Path) -> None:
    """`-S` leaves site-packages out; without an order the agent greets and goes."""
    archive = bundle(tmp_path).path
    done = subprocess.run(
        [sys.executable, "-S", str(archive)], input=b"", capture_output=True, check=True, cwd=tmp_path
    )

    assert b'"protocol":1' in done.stdout
