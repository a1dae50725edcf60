"""A tegrastats that runs, stops, hangs, and prints rubbish."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable

import pytest

from agent.telemetry.recorded import FOLDER
from agent.telemetry.trees import replaying, script
from edgeprof.agent.telemetry import tegrastats_child
from edgeprof.agent.telemetry.source import Readings
from edgeprof.agent.telemetry.tegrastats_child import Tegrastats


def within(seconds: float, look: Callable[[], Readings]) -> Readings:
    """The first reading that is not empty."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    return {}


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_its_newest_line_is_read_once(tmp_path: Path) -> None:
    program = script(tmp_path / "tegrastats", f"cat '{FOLDER / 'orin-nano-jp7.2.txt'}'; sleep 60")
    child = Tegrastats(str(program), 0.2)
    time.sleep(0.5)
    first = child.read()
    again = child.read()
    child.close()

    assert first["power_w"] == 3.462
    assert again == {}
    assert child.way("power_w") == "tegrastats VDD_IN"
    assert child.way("gpu_hz") == "tegrastats"


def test_it_is_told_the_interval_in_milliseconds(tmp_path: Path) -> None:
    program = script(tmp_path / "tegrastats", f"echo \"$@\" > '{tmp_path}/asked'; exec sleep 60")
    child = Tegrastats(str(program), 0.2)
    deadline = time.monotonic() + 5
    while not (tmp_path / "asked").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    child.close()

    assert (tmp_path / "asked").read_text() == "--interval 200\n"


def test_it_ends_when_it_is_closed(tmp_path: Path) -> None:
    child = Tegrastats(str(replaying(tmp_path / "tegrastats", FOLDER / "agx-thor-jp7.1.txt")), 0.05)
    read = within(5, child.read)
    child.close()

    assert read["power_w"] == pytest.approx(8.291, abs=1.0)
    assert is_gone(child.pid)


def test_one_that_will_not_end_is_killed(tmp_path: Path) -> None:
    program = script(tmp_path / "tegrastats", "trap '' TERM; while :; do echo 'GR3D_FREQ 5%@[1] x'; sleep 0.05; done")
    child = Tegrastats(str(program), 0.05)
    read = within(5, child.read)
    began = time.monotonic()
    child.close()

    assert read == {"gpu_load": 0.05, "gpu_hz": 1e6}
    assert is_gone(child.pid)
    assert time.monotonic() - began < 3


def test_one_that_ends_by_itself_tells_nothing(tmp_path: Path) -> None:
    child = Tegrastats(str(script(tmp_path / "tegrastats", "exit 1")), 0.05)
    time.sleep(0.1)

    assert child.read() == {}
    child.close()
    assert is_gone(child.pid)


def test_a_line_without_an_end_takes_no_memory_and_tells_nothing(tmp_path: Path) -> None:
    program = script(
        tmp_path / "tegrastats", "head -c 2000000 /dev/zero | tr '\\0' x; echo; echo 'RAM 5/7MB x'; sleep 9"
    )
    child = Tegrastats(str(program), 0.05)
    read = within(5, child.read)
    child.close()

    assert read == {"memory_used_bytes": 5 << 20}


def test_a_machine_without_it_has_no_such_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert tegrastats_child.source_of(0.2) is None
