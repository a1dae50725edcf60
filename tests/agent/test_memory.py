"""Peak memory is this process's own, whatever its parent holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from edgeprof.agent.files import bytes_of, text_of
from edgeprof.agent.memory import _room_in, available_bytes, kills_for_memory, peak_bytes

MIB = 1 << 20
CODE = "from edgeprof.agent.memory import peak_bytes; print(peak_bytes())"


def peak_of_child() -> int:
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    return int(subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=True, env=environment).stdout)


def test_a_peak_is_seen_after_the_memory_is_gone() -> None:
    before = peak_bytes()
    block = bytearray(b"x") * (64 * MIB)
    del block
    after = peak_bytes()

    assert before is not None
    assert after is not None
    assert after - before > 32 * MIB or after > 96 * MIB


def test_a_child_does_not_inherit_its_parents_peak() -> None:
    small = peak_of_child()
    block = bytearray(b"x") * (256 * MIB)
    beside_a_large_parent = peak_of_child()
    del block

    assert abs(beside_a_large_parent - small) < 8 * MIB


def test_a_process_that_is_gone_has_no_peak() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    assert peak_bytes(child.pid) is None
    assert peak_bytes(os.getpid()) is not None


def test_kills_for_memory_are_counted() -> None:
    assert kills_for_memory() >= 0


def test_what_is_available_lies_within_what_the_machine_has() -> None:
    total = bytes_of("MemTotal", text_of(Path("/proc/meminfo")))
    free = available_bytes()

    assert total is not None
    assert free is not None
    assert 0 < free <= total


def test_below_a_cgroups_limit_pages_of_idle_files_count_as_free(tmp_path: Path) -> None:
    assert _room_in(tmp_path) is None

    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("700\n")
    assert _room_in(tmp_path) is None

    (tmp_path / "memory.max").write_text("1000\n")
    assert _room_in(tmp_path) == 300
    (tmp_path / "memory.stat").write_text("anon 400\ninactive_file 250\n")
    assert _room_in(tmp_path) == 550
    (tmp_path / "memory.current").write_text("2000\n")
    assert _room_in(tmp_path) == 0


def test_an_older_cgroup_tells_the_same_by_other_names(tmp_path: Path) -> None:
    files = {"memory.limit_in_bytes": "1000", "memory.usage_in_bytes": "900", "memory.stat": "total_inactive_file 50\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)

    assert _room_in(tmp_path) == 150
