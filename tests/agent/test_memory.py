"""Peak memory is this process's own, whatever its parent holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from edgeprof.agent.memory import kills_for_memory, peak_bytes

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
