"""What is read of the machine, from its real files and from written ones."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest

from edgeprof.agent import host
from edgeprof.agent.runtimes import RUNTIMES


def test_threads_follow_the_affinity_mask() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})

        assert host.cores() == [min(before)]
        assert host.allowed_threads() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("name", "content", "cores"),
    [
        ("cpu.max", "150000 100000\n", 1.5),
        ("cpu.max", "max 100000\n", None),
        ("cpu.cfs_quota_us", "50000\n", 0.5),
        ("cpu.cfs_quota_us", "-1\n", None),
    ],
)
def test_the_cgroup_quota_is_read_in_both_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str, cores: float
) -> None:
    (tmp_path / name).write_text(content)
    (tmp_path / "cpu.cfs_period_us").write_text("100000\n")
    monkeypatch.setattr(host, "cgroup_folders", lambda controller: [tmp_path])

    assert host.quota_cores() == cores


def test_threads_follow_a_quota_below_the_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpu.max").write_text("40000 100000\n")
    monkeypatch.setattr(host, "cgroup_folders", lambda controller: [tmp_path])

    assert host.allowed_threads() == 1


def test_the_tightest_memory_limit_counts_and_no_limit_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner, outer, older = tmp_path / "inner", tmp_path / "outer", tmp_path / "older"
    for folder in (inner, outer, older):
        folder.mkdir()
    (inner / "memory.max").write_text("max\n")
    (outer / "memory.max").write_text("1073741824\n")
    (older / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    monkeypatch.setattr(host, "cgroup_folders", lambda controller: [inner, outer, older])

    assert host.memory_limit_bytes() == 1 << 30


def test_a_cgroup_and_its_parents_are_found_in_both_versions(tmp_path: Path) -> None:
    (tmp_path / "memory" / "a" / "b").mkdir(parents=True)
    (tmp_path / "user" / "c").mkdir(parents=True)
    table = tmp_path / "table"
    table.write_text("4:memory:/a/b\n3:cpu,cpuacct:/\n0::/user/c\n")

    found = host.cgroup_folders("memory", tmp_path, str(table))

    assert found == [
        tmp_path / "memory" / "a" / "b",
        tmp_path / "memory" / "a",
        tmp_path / "memory",
        tmp_path / "user" / "c",
        tmp_path / "user",
        tmp_path,
    ]


def test_the_facts_hold_what_a_record_needs() -> None:
    facts = host.facts()

    assert facts["cores"] >= 1
    assert facts["memory_bytes"] > facts["memory_available_bytes"] > 0
    assert facts["python"].startswith("3.")


@pytest.fixture
def broken_tensorrt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package's record, so that only an import could tell its version, which fails."""
    (tmp_path / "tensorrt.py").write_text("import ctypes; ctypes.CDLL('libnvinfer.so.missing')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "tensorrt", raising=False)
    importlib.invalidate_caches()


@pytest.mark.usefixtures("broken_tensorrt")
def test_a_tensorrt_that_cannot_be_imported_is_lacking_and_the_others_are_described() -> None:
    told = {each["name"]: each for each in host.runtimes()}

    assert set(told) == set(RUNTIMES)
    assert told["tensorrt"]["version"] == "tensorrt"
    assert "libnvinfer.so.missing" in told["tensorrt"]["lack"]
    assert told["tensorrt"]["remedy"]


@pytest.mark.usefixtures("broken_tensorrt")
def test_what_a_runtime_lacks_is_looked_for_only_where_it_is_wanted() -> None:
    """To look for a card wakes it, a second or more."""

    def lacking(*wanted: str) -> bool:
        return any(told["lack"] for told in host.runtimes(wanted) if told["name"] == "tensorrt")

    assert not lacking("onnxruntime", "openvino")
    assert lacking("onnxruntime", "tensorrt")
