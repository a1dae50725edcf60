"""A machine that must have something cannot go green by skipping."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent / "conftest.py"


@pytest.fixture
def outcome(tmp_path):
    """How a test marked `gpu` ends on a machine without one."""
    absent = '\nABSENCE["gpu"] = lambda: "none, says this test"\n'
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text() + absent)
    (tmp_path / "test_it.py").write_text("import pytest\n\n@pytest.mark.gpu\ndef test_it():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  gpu: x\n")

    def of(required):
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
            cwd=tmp_path,
            env={**os.environ, "EDGEPROF_REQUIRE": required},
            capture_output=True,
            text=True,
            check=False,
        )

    return of


def test_missing_hardware_skips_with_a_reason(outcome):
    ended = outcome("export")
    assert ended.returncode == 0
    assert "none, says this test" in ended.stdout


def test_hardware_that_is_required_fails_when_missing(outcome):
    ended = outcome("export,gpu")
    assert ended.returncode == 1
    assert "EDGEPROF_REQUIRE names gpu" in ended.stdout
