"""The benchmark of a card: without one it says so and measures nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu.__main__ import agrees

ROOT = Path(__file__).parents[2]


def test_within_a_hundredth_is_agreement_either_way():
    assert agrees(1.009, 1.0)
    assert agrees(0.991, 1.0)
    assert not agrees(1.011, 1.0)
    assert not agrees(0.989, 1.0)


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="here is a card")
def test_without_a_card_it_ends_with_a_reason_and_leaves_no_record(tmp_path):
    command = [sys.executable, "-m", "benchmarks.gpu", "--record", str(tmp_path / "gpu.md")]
    environment = {**os.environ, "EDGEPROF_CACHE": str(tmp_path / "cache")}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 4, ended.stderr
    assert "gpu" in ended.stderr
    assert ended.stdout == ""
    assert not (tmp_path / "gpu.md").exists()


@pytest.mark.gpu
@pytest.mark.trt
@pytest.mark.export
@pytest.mark.slow
def test_on_a_card_it_fills_its_table(tmp_path):
    asked = ["--models", "resnet18", "--res", "224", "--precisions", "fp16", "--seconds", "1"]
    command = [sys.executable, "-m", "benchmarks.gpu", *asked]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.stdout.count("resnet18@224 fp16") == 6, ended.stderr
