"""Byte code beside an archive of sources, made by whatever Python a device has."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from edgeprof.agent.byte_code import add_byte_code, compiled_path


@pytest.fixture
def archive(tmp_path: Path) -> str:
    path = tmp_path / "edgeprof-agent-0123.pyz"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("__main__.py", "import told\n")
        made.writestr("told.py", "print(__file__)\n")
    return str(path)


def test_it_is_imported_instead_of_the_sources(archive: str) -> None:
    made = add_byte_code(archive)
    ended = subprocess.run([sys.executable, made], stdout=subprocess.PIPE, check=True)

    assert made == compiled_path(archive)
    assert ended.stdout.decode().strip() == os.path.join(made, "told.pyc")


def test_its_name_tells_the_version_and_keeps_the_agents_key() -> None:
    made = compiled_path("/x/edgeprof-agent-0123.pyz", (3, 8))

    assert made == "/x/edgeprof-agent-0123.38.pyz"
    assert made.rpartition("-")[2].partition(".")[0] == "0123"


def test_sources_that_do_not_compile_leave_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "x.pyz"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("broken.py", "match = = 1\n")
    with pytest.raises(SyntaxError):
        add_byte_code(str(path))

    assert os.listdir(str(tmp_path)) == ["x.pyz"]
