"""CUDA and TensorRT from their files, from dpkg, and from trtexec's banner."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.board.trees import script, write
from edgeprof.agent.board import software


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"usr/local/cuda/version.json": '{"cuda": {"version": "13.2.1"}}'}, "13.2.1"),
        ({"usr/local/cuda/version.txt": "CUDA Version 10.2.300\n"}, "10.2.300"),
        ({"usr/local/cuda-12.6/x": ""}, "12.6"),
        ({"usr/local/cuda-12.6/x": "", "usr/local/cuda-12.2/x": ""}, None),
        ({"usr/local/cuda/version.json": '{"cuda": {"version": 12}}'}, None),
        ({"usr/local/cuda/version.json": "[" * 100_000}, None),
        ({}, None),
    ],
)
def test_cuda_is_what_its_own_files_say(tmp_path: Path, files: dict, version: Optional[str]) -> None:  # type: ignore[type-arg]
    assert software.cuda(write(tmp_path, files)) == version


def test_tensorrt_is_the_newest_library_by_number(tmp_path: Path) -> None:
    folder = "usr/lib/aarch64-linux-gnu"
    write(tmp_path, {f"{folder}/libnvinfer.so.{v}": "" for v in ("8.6.2", "10.3.0", "10", "10.3.0.bak")})

    assert software.tensorrt(tmp_path, asks=False) == "10.3.0"


def test_dpkg_tells_where_no_library_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "bin", "dpkg-query", "printf 'libnvinfer8\\t8.5.2-1+cuda11.4\\n'")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    assert software.tensorrt(tmp_path, asks=True) == "8.5.2"
    assert software.tensorrt(tmp_path, asks=False) is None


def test_trtexec_is_found_off_the_path_and_asked_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "no-dpkg"))
    script(tmp_path / "usr/src/tensorrt/bin", "trtexec", "echo '&&&& RUNNING TensorRT.trtexec [TensorRT v100300] #'")

    assert software.trtexec(tmp_path) == "/usr/src/tensorrt/bin/trtexec"
    assert software.trtexec(tmp_path / "none") is None
    assert software.tensorrt(tmp_path, asks=True) == "10.3.0"
    assert software.tensorrt(tmp_path, asks=False) is None


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v101602] [b10] # trtexec", "10.16.2"),
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v100300] # /usr/src/tensorrt/bin/trtexec --help", "10.3.0"),
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v8502] # trtexec", "8.5.2"),
        ("=== Model Options ===", None),
    ],
)
def test_a_banner_spells_the_version_in_two_ways(banner: str, version: Optional[str]) -> None:
    assert software.version_of_banner(banner) == version


@given(st.text())
def test_any_text_is_a_version_or_none(text: str) -> None:
    assert software.version_of_banner(text) is None or "[TensorRT v" in text
