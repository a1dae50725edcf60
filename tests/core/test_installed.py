"""Versions by the names of folders, as pip, Debian and older tools write them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edgeprof.core.installed import installed_version


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder), str(tmp_path / "not there")])
    return folder


@pytest.mark.parametrize(
    ("folder", "distribution", "version"),
    [
        ("numpy-2.4.6.dist-info", "numpy", "2.4.6"),
        ("numpy-1.26.4.egg-info", "numpy", "1.26.4"),
        ("numpy-1.17.4-py3.8.egg-info", "numpy", "1.17.4"),
        ("tensorrt_rtx_cu13_bindings-1.7.0.35.dist-info", "tensorrt-rtx-cu13-bindings", "1.7.0.35"),
        ("Onnxruntime_GPU-1.20.0.dist-info", "onnxruntime-gpu", "1.20.0"),
        ("torch-2.5.0a0+872d972e41.nv24.8.dist-info", "torch", "2.5.0a0+872d972e41.nv24.8"),
    ],
)
def test_a_version_is_in_the_folders_name(site: Path, folder: str, distribution: str, version: str) -> None:
    (site / folder).mkdir()

    assert installed_version(distribution) == version


def test_a_package_whose_name_only_begins_like_it_is_another(site: Path) -> None:
    (site / "onnxruntime_gpu-1.20.0.dist-info").mkdir()
    (site / "onnxruntime").mkdir()

    assert installed_version("onnxruntime") is None


def test_the_first_that_is_there_counts(site: Path) -> None:
    (site / "b-2.dist-info").mkdir()

    assert installed_version("a", "b") == "2"


def test_what_is_installed_later_is_seen(site: Path) -> None:
    assert installed_version("late") is None
    (site / "late-1.dist-info").mkdir()

    assert installed_version("late") == "1"


def test_it_agrees_with_the_standard_library() -> None:
    from importlib.metadata import version

    assert installed_version("pytest") == version("pytest")
