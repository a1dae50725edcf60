"""The peak on boards whose GPU has no memory of its own, by the best way there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.telemetry.trees import ORIN, written
from edgeprof.agent.telemetry import memory
from edgeprof.agent.telemetry.memory import SharedMemory

MIB = 1 << 20
CLIENTS = """CLIENT                        PROCESS      PID        SIZE
user                         gpu_burn     7979   23525644K
user                             Xorg     2651      17876K
user                     a long name     7979         2M
total                                            23549320K
"""


def available(root: Path, kb: int) -> Path:
    return written(root, {"proc/meminfo": f"MemTotal: 7802880 kB\nMemFree: 100 kB\nMemAvailable: {kb} kB\n"})


def test_nvmap_lists_a_process_by_its_number() -> None:
    assert memory.nvmap_bytes(CLIENTS, 2651) == 17876 * 1024
    assert memory.nvmap_bytes(CLIENTS, 7979) == 23525644 * 1024 + 2 * MIB
    assert memory.nvmap_bytes(CLIENTS, 1) is None
    assert memory.nvmap_bytes("", 7979) is None
    assert memory.nvmap_bytes("user x 5 lots\nuser x 5\n\n", 5) is None


def test_with_nvmap_the_gpus_part_and_the_hosts_make_the_peak(tmp_path: Path) -> None:
    available(tmp_path, 5_000_000)
    shared = SharedMemory(tmp_path)
    for size in (100, 300, 200):
        written(tmp_path, {"sys/kernel/debug/nvmap/iovmm/clients": f"user python3 42 {size}M\n"})
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

    assert shared.facts(50 * MIB) == {
        "peak_memory_bytes": 600_000 * 1024,
        "memory_scope": "unified",
        "memory_method": "MemAvailable",
    }


def test_memory_that_others_freed_is_no_smaller_peak_than_the_process_own(tmp_path: Path) -> None:
    shared = SharedMemory(available(tmp_path, 4_000_000))
    available(tmp_path, 5_000_000)
    shared.look(42)
    facts = shared.facts(50 * MIB)

    assert facts["peak_memory_bytes"] == 50 * MIB
    assert facts["memory_method"] == "VmHWM, above MemAvailable's growth"


def test_what_nobody_tells_is_never_0(tmp_path: Path) -> None:
    shared = SharedMemory(tmp_path)

    assert shared.look(42) == {}
    assert shared.facts(None) == {}
    assert shared.facts(50 * MIB) == {"memory_method": "VmHWM"}
    assert SharedMemory(available(tmp_path, 1)).facts(None) == {}


@pytest.mark.parametrize(
    ("compatible", "expected"),
    [("nvidia,p3834-0008\0nvidia,tegra264\0", True), ("raspberrypi,5-model-b\0brcm,bcm2712\0", False), ("", False)],
)
def test_every_jetson_shares_its_memory(tmp_path: Path, compatible: str, *, expected: bool) -> None:
    assert memory.shares_memory(written(tmp_path, {"proc/device-tree/compatible": compatible})) is expected


def test_what_all_programs_use_leaves_out_the_page_cache(tmp_path: Path) -> None:
    source = memory.source_of(written(tmp_path, ORIN))
    assert source
    first = source.read()
    available(tmp_path, 4_000_000)
    second = source.read()
    source.close()

    assert first == {"memory_used_bytes": (7802880 - 5000000) * 1024}
    assert second == {"memory_used_bytes": (7802880 - 4000000) * 1024}
    assert memory.source_of(tmp_path / "nowhere") is None


def test_this_machine_tells_its_own() -> None:
    assert (memory.unavailable_bytes(Path("/")) or 0) > 0
