"""Through the supervisor: a device of recorded files and a tegrastats that replays recorded lines."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from agent.speaking import Agent, Event, a_fake, a_fake_job
from agent.telemetry.recorded import FOLDER
from agent.telemetry.trees import ORIN, replaying, script, written
from edgeprof.core.codec import restore
from edgeprof.core.measurement import Ended, Process
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling
from edgeprof.core.stats.steady import WarmUp

Start = Callable[[], Agent]
SAMPLING = Sampling(WarmUp(floor_samples=5, floor_s=0.3, until_steady=False), max_s=1.0, least_s=1.0)
DECLARED = {"latency_ms": 10, "real": True}


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An Orin's files, with its tegrastats on the PATH."""
    root = written(tmp_path / "board", ORIN)
    replaying(tmp_path / "bin/tegrastats", FOLDER / "orin-nano-super-jp6.2-loaded.txt")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setenv("EDGEPROF_ROOT", str(root))
    return root


def events_of(start: Start, folder: Path, declared: Dict[str, Any], **changes: Any) -> List[Event]:
    agent = start()
    agent.ask(Order(Task.MEASURE, a_fake_job(), a_fake(folder, **declared), sampling=SAMPLING, **changes))
    return agent.hear_all()


def measured(start: Start, folder: Path, declared: Dict[str, Any], **changes: Any) -> Process:
    last = events_of(start, folder, declared, **changes)[-1]
    assert last["event"] == "done", last
    return restore(Process, last["process"])


def test_a_boards_power_clocks_and_heat_are_in_the_record(start: Start, board: Path, tmp_path: Path) -> None:
    process = measured(start, tmp_path, DECLARED)
    telemetry = process.telemetry

    assert telemetry
    assert telemetry.power_w == pytest.approx(16.321)
    assert telemetry.power_source == "tegrastats VDD_IN"
    assert telemetry.mean("gpu_hz") == pytest.approx(612e6)
    assert telemetry.highest("gpu_load") == 0.99
    assert telemetry.highest("temperature_tj_c") == 58.312
    assert telemetry.counters["oc3_event_count"] == 0
    assert 0.7 < telemetry.seconds < 4
    assert len(telemetry.times_s) >= 4
    assert process.power_mode == "25W"


def test_only_what_is_sampled_is_recorded(start: Start, board: Path, tmp_path: Path) -> None:
    slow_to_load = measured(start, tmp_path, {**DECLARED, "load_s": 1.5})

    assert slow_to_load.telemetry
    assert slow_to_load.telemetry.seconds < 4
    assert slow_to_load.telemetry.times_s[0] < 0.5


def test_on_unified_memory_the_peak_is_of_host_and_gpu_together(start: Start, board: Path, tmp_path: Path) -> None:
    process = measured(start, tmp_path, DECLARED)

    assert process.memory_scope == "unified"
    assert process.memory_method == "VmHWM, above MemAvailable's growth"  # a recorded MemAvailable never grows
    assert process.peak_memory_bytes
    assert process.peak_memory_bytes > 5 << 20


def test_a_pace_of_0_switches_it_off(start: Start, board: Path, tmp_path: Path) -> None:
    assert measured(start, tmp_path, DECLARED, telemetry_s=0.0).telemetry is None


def test_a_crash_keeps_what_was_read_before_it(start: Start, board: Path, tmp_path: Path) -> None:
    process = measured(start, tmp_path, {**DECLARED, "crash": {"after": 90, "how": "kill"}})

    assert process.ended is Ended.KILLED
    assert process.telemetry
    assert process.telemetry.highest("power_w") == 16.321


def test_no_tegrastats_is_left_behind(start: Start, board: Path, tmp_path: Path) -> None:
    script(tmp_path / "bin/tegrastats", f"echo $$ > '{tmp_path}/pid'; while :; do echo 'RAM 1/2MB x'; sleep 0.05; done")
    measured(start, tmp_path, DECLARED)
    pid = (tmp_path / "pid").read_text().strip()

    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("says", ["echo rubbish", "exit 3", "head -c 100000 /dev/urandom; sleep 9", "exec sleep 60"])
def test_a_tegrastats_that_says_nothing_of_use_costs_nothing(
    start: Start, board: Path, tmp_path: Path, says: str
) -> None:
    script(tmp_path / "bin/tegrastats", says)
    process = measured(start, tmp_path, DECLARED)

    assert process.ended is Ended.DURATION
    assert process.telemetry
    assert process.telemetry.power_w is None
    assert process.telemetry.highest("gpu_hz") == 305e6


def test_declared_time_knows_no_device(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEPROF_ROOT", raising=False)
    process = measured(start, tmp_path, DECLARED)

    assert (process.telemetry, process.power_mode) == (None, None)
    assert (process.memory_scope, process.memory_method) == ("process", "VmHWM")


def test_killing_the_supervisor_ends_its_tegrastats(start: Start, board: Path, tmp_path: Path) -> None:
    script(tmp_path / "bin/tegrastats", f"echo $$ > '{tmp_path}/pid'; while :; do echo 'RAM 1/2MB x'; sleep 0.05; done")
    forever = Sampling(SAMPLING.warm_up, max_s=600.0, least_s=600.0)
    agent = start()
    agent.ask(Order(Task.MEASURE, a_fake_job(), a_fake(tmp_path, **DECLARED), sampling=forever))
    deadline = time.monotonic() + 20
    while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
        agent.hear()
    pid = int((tmp_path / "pid").read_text())
    agent.process.send_signal(signal.SIGKILL)
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not Path(f"/proc/{pid}").exists()
