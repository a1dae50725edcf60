"""The peak on boards whose GPU has no memory of its own, by the best way there is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Dict, Optional

import pytest

from agent.telemetry.trees import ORIN, Content, written
from edgeprof.agent.telemetry.shared_memory import SharedMemory, computes_on_gpu, shared_memory

MIB = 1 << 20
NVMAP = "sys/kernel/debug/nvmap/iovmm/clients"
UNKNOWN = {"peak_memory_bytes": None, "memory_scope": "unified", "memory_method": None}


def available(root: Path, kb: int) -> Path:
    return written(root, {"proc/meminfo": f"MemTotal: 7802880 kB\nMemFree: 100 kB\nMemAvailable: {kb} kB\n"})


def by_growth(size_bytes: int) -> Dict[str, object]:
    return {"peak_memory_bytes": size_bytes, "memory_scope": "unified", "memory_method": "MemAvailable"}


def test_with_nvmap_the_gpus_part_and_the_hosts_make_the_peak(tmp_path: Path) -> None:
    available(tmp_path, 5_000_000)
    shared = SharedMemory(tmp_path)
    for size in (100, 300, 200):
        written(tmp_path, {NVMAP: f"user python3 42 {size}M\n"})
        assert shared.look(42) == {"memory_gpu_bytes": size * MIB}

    assert shared.facts(50 * MIB) == {
        "peak_memory_bytes": 350 * MIB,
        "memory_scope": "unified",
        "memory_method": "nvmap + VmHWM",
    }


def test_without_it_the_machines_growth_is_the_peak(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 5_000_000))
    for kb in (4_900_000, 4_400_000, 4_800_000):
        available(tmp_path, kb)
        shared.look(42)

    assert shared.facts(50 * MIB) == by_growth(600_000 * 1024)


def test_pages_of_files_count_as_available_and_are_added(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 5_000_000))
    written(available(tmp_path, 4_990_000), {"proc/42/status": "RssFile:\t 300000 kB\n"})
    shared.look(42)

    assert shared.facts(290_000 * 1024) == by_growth(310_000 * 1024)


def test_thors_nvmap_has_none_of_cudas_and_is_not_asked(tmp_path: Path) -> None:
    written(tmp_path, {"proc/device-tree/compatible": "nvidia,p3834-0008\0nvidia,tegra264\0", NVMAP: "user x 42 9M\n"})
    shared = SharedMemory(available(tmp_path, 5_000_000))
    available(tmp_path, 4_000_000)
    shared.look(42)

    assert shared.facts(50 * MIB) == by_growth(1_000_000 * 1024)


def test_growth_that_others_hid_by_freeing_memory_is_no_peak(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 4_000_000))
    available(tmp_path, 5_000_000)
    shared.look(42)

    assert shared.facts(50 * MIB) == UNKNOWN


@pytest.mark.parametrize("host_peak_bytes", [None, 50 * MIB])
def test_what_nobody_tells_is_never_the_hosts_part_alone(tmp_path: Path, host_peak_bytes: Optional[int]) -> None:
    shared = SharedMemory(tmp_path)

    assert shared.look(42) == {}
    assert shared.facts(host_peak_bytes) == UNKNOWN


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

    assert shared.facts(50 * MIB) == by_growth(1_000_000 * 1024)
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

    assert shared.facts(1) == UNKNOWN or shared.facts(1)["peak_memory_bytes"] < MIB


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino", "torch", "fake"])
def test_a_runtime_of_the_processor_has_its_exact_peak_on_a_jetson_too(tmp_path: Path, runtime: str) -> None:
    assert not computes_on_gpu(runtime)
    assert shared_memory(written(tmp_path, ORIN), runtime) is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (ORIN, True),
        ({"proc/sys/kernel/osrelease": "5.15.148-tegra\n"}, True),  # a container that hides the device tree
        ({"etc/nv_tegra_release": "# R36 (release), REVISION: 4.4\n"}, True),
        ({"proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0"}, False),
        ({"proc/sys/kernel/osrelease": "6.8.0-generic\n"}, False),
    ],
)
def test_every_jetson_shares_its_memory(tmp_path: Path, files: Dict[str, Content], *, expected: bool) -> None:
    assert (shared_memory(written(tmp_path, files), "tensorrt") is not None) is expected
