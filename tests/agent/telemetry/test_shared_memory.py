"""The peak on boards whose GPU has no memory of its own, by the best way there is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Dict, Optional

import pytest

from agent.nvml.recorded import THOR, Answers, made_in_python
from agent.telemetry.trees import written
from edgeprof.agent.nvml.cards import found_on
from edgeprof.agent.nvml.gpus import Gpus
from edgeprof.agent.telemetry.shared_memory import SharedMemory

MIB = 1 << 20
NVMAP = "sys/kernel/debug/nvmap/iovmm/clients"
UNKNOWN: Dict[str, object] = {"peak_memory_bytes": None, "memory_scope": "unified", "memory_method": None}


def available(root: Path, kb: int) -> Path:
    return written(root, {"proc/meminfo": f"MemTotal: 7802880 kB\nMemFree: 100 kB\nMemAvailable: {kb} kB\n"})


def peak(shared: SharedMemory, host_peak_bytes: Optional[int]) -> Dict[str, object]:
    facts = shared.facts(host_peak_bytes)
    return {name: facts[name] for name in UNKNOWN}


def by_growth(size_bytes: int) -> Dict[str, object]:
    return {"peak_memory_bytes": size_bytes, "memory_scope": "unified", "memory_method": "MemAvailable"}


def test_with_nvmap_the_gpus_part_and_the_hosts_make_the_peak(tmp_path: Path) -> None:
    available(tmp_path, 5_000_000)
    shared = SharedMemory(tmp_path)
    for size in (100, 300, 200):
        written(tmp_path, {NVMAP: f"user python3 42 {size}M\n"})
        assert shared.look(42) == {"memory_gpu_bytes": size * MIB}

    assert peak(shared, 50 * MIB) == {
        "peak_memory_bytes": 350 * MIB,
        "memory_scope": "unified",
        "memory_method": "nvmap + VmHWM",
    }


def test_the_gpus_part_is_told_apart_while_loading_and_since(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 5_000_000))
    for size in (100, 300, 200):
        written(tmp_path, {NVMAP: f"user python3 42 {size}M\n"})
        shared.look(42)
    shared.loaded()
    for size in (150, 250):
        written(tmp_path, {NVMAP: f"user python3 42 {size}M\n"})
        shared.look(42)
    facts = shared.facts(0)

    assert (facts["gpu_loading_bytes"], facts["gpu_running_bytes"]) == (300 * MIB, 250 * MIB)
    assert facts["peak_memory_bytes"] == 300 * MIB


def test_without_it_the_machines_growth_is_the_peak(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 5_000_000))
    for kb in (4_900_000, 4_400_000, 4_800_000):
        available(tmp_path, kb)
        shared.look(42)

    assert peak(shared, 50 * MIB) == by_growth(600_000 * 1024)


def test_pages_of_files_count_as_available_and_are_added(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 5_000_000))
    written(available(tmp_path, 4_990_000), {"proc/42/status": "RssFile:\t 300000 kB\n"})
    shared.look(42)

    assert peak(shared, 290_000 * 1024) == by_growth(310_000 * 1024)


def test_thors_nvmap_has_none_of_cudas_and_is_not_asked(tmp_path: Path) -> None:
    written(tmp_path, {"proc/device-tree/compatible": "nvidia,p3834-0008\0nvidia,tegra264\0", NVMAP: "user x 42 9M\n"})
    shared = SharedMemory(available(tmp_path, 5_000_000))
    available(tmp_path, 4_000_000)
    shared.look(42)

    assert peak(shared, 50 * MIB) == by_growth(1_000_000 * 1024)


def thor(root: Path) -> Path:
    return written(root, {"proc/device-tree/compatible": "nvidia,p3834-0008\0nvidia,tegra264\0"})


def gpus_of(answers: Answers) -> Gpus:
    library = made_in_python(answers)
    return Gpus(library, found_on(library))


def test_thors_driver_tells_a_processs_part_by_nvml(tmp_path: Path) -> None:
    shared = SharedMemory(thor(available(tmp_path, 5_000_000)), gpus_of(THOR))

    assert shared.look(4242) == {"memory_gpu_bytes": 1500 * MIB}
    assert peak(shared, 50 * MIB) == {
        "peak_memory_bytes": 1550 * MIB,
        "memory_scope": "unified",
        "memory_method": "NVML + VmHWM",
    }
    assert shared.source(0.2).way("memory_gpu_bytes") == "NVML"


def test_a_process_that_nvml_does_not_know_is_found_by_the_machines_growth(tmp_path: Path) -> None:
    """As in a container, where it has another number."""
    shared = SharedMemory(thor(available(tmp_path, 5_000_000)), gpus_of(THOR))
    available(tmp_path, 4_000_000)

    assert shared.look(1) == {"memory_grown_bytes": 1_000_000 * 1024}
    assert peak(shared, 50 * MIB) == by_growth(1_000_000 * 1024)


def test_where_nvmap_may_be_read_nvml_is_not_mixed_into_it(tmp_path: Path) -> None:
    shared = SharedMemory(written(available(tmp_path, 5_000_000), {NVMAP: "user x 4242 9M\n"}), gpus_of(THOR))
    first = shared.look(4242)
    written(tmp_path, {NVMAP: ""})

    assert first == {"memory_gpu_bytes": 9 * MIB}
    assert "memory_gpu_bytes" not in shared.look(4242)
    assert shared.facts(MIB)["memory_method"] == "nvmap + VmHWM"


def test_growth_that_others_hid_by_freeing_memory_is_no_peak(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 4_000_000))
    available(tmp_path, 5_000_000)
    shared.look(42)

    assert peak(shared, 50 * MIB) == UNKNOWN


@pytest.mark.parametrize("host_peak_bytes", [None, 50 * MIB])
def test_what_nobody_tells_is_never_the_hosts_part_alone(tmp_path: Path, host_peak_bytes: Optional[int]) -> None:
    shared = SharedMemory(tmp_path)

    assert shared.look(42) == {}
    assert peak(shared, host_peak_bytes) == UNKNOWN


def test_a_peak_that_is_over_in_a_moment_is_seen_from_the_start(tmp_path: Path) -> None:
    """As a builder's is: long before anything is sampled."""
    shared = SharedMemory(available(tmp_path, 5_000_000))
    shared.follow(42)
    available(tmp_path, 4_000_000)
    time.sleep(0.3)
    available(tmp_path, 4_900_000)
    time.sleep(0.3)
    source = shared.source(0.2)
    newest = source.read()

    assert peak(shared, 50 * MIB) == by_growth(1_000_000 * 1024)
    assert newest == {"memory_grown_bytes": 100_000 * 1024}
    assert "/proc/meminfo" in source.way("memory_grown_bytes")


def test_it_looks_no_more_when_it_is_over(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 5_000_000))
    shared.follow(42)
    time.sleep(0.2)
    shared.end()
    time.sleep(0.2)
    available(tmp_path, 1_000_000)
    time.sleep(0.2)

    assert shared.facts(1)["peak_memory_bytes"] in (None, *range(MIB))
