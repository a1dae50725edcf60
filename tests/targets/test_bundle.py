"""The bundle is the same bytes for the same sources, and all the agent needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from edgeprof.core.files import digest_of_file
from edgeprof.targets.bundle import bundle


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = bundle(tmp_path / "a"), bundle(tmp_path / "b")

    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.digest == digest_of_file(first.path)
    assert first.digest[:16] in first.path.name


def test_it_holds_core_and_agent_and_nothing_else(tmp_path: Path) -> None:
    names = zipfile.ZipFile(bundle(tmp_path).path).namelist()

    assert {name.split("/")[1] for name in names if "/" in name} == {"__init__.py", "core", "agent"}


def test_it_runs_with_nothing_but_the_standard_library(tmp_path: Path) -> None:
    """`-S` leaves site-packages out; without an order the agent greets and goes."""
    archive = bundle(tmp_path).path
    done = subprocess.run(
        [sys.executable, "-S", str(archive)], input=b"", capture_output=True, check=True, cwd=tmp_path
    )

    assert b'"protocol":1' in done.stdout
