"""What the kernel's files tell of memory in use."""

from __future__ import annotations

from pathlib import Path

from agent.telemetry.trees import ORIN, written
from edgeprof.agent.telemetry import memory

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


def test_a_row_that_cannot_be_read_or_holds_nothing_leaves_the_processs_part_unknown() -> None:
    assert memory.nvmap_bytes(CLIENTS.replace(" 2M", " 2?"), 7979) is None
    assert memory.nvmap_bytes("user python3 42 0K\n", 42) is None


def test_pages_of_files_are_a_processs_own(tmp_path: Path) -> None:
    written(tmp_path, {"proc/42/status": "VmHWM:\t  90000 kB\nRssAnon:\t  10 kB\nRssFile:\t  2048 kB\n"})

    assert memory.file_bytes(tmp_path, 42) == 2 * MIB
    assert memory.file_bytes(tmp_path, 43) is None


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
