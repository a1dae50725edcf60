"""Through the supervisor: a device of recorded files and a tegrastats that replays recorded lines."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping

import pytest

from agent.nvml.recorded import H200, compiler, listed, made_of_c
from agent.speaking import Agent, Event, a_fake, a_fake_job
from agent.telemetry.recorded import FOLDER
from agent.telemetry.trees import ORIN, replaying, script, written
from edgeprof.agent.telemetry.recording import Recording
from edgeprof.agent.watch import Watch
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


def test_what_runs_on_the_processor_has_its_exact_peak_on_a_jetson_too(
    start: Start, board: Path, tmp_path: Path
) -> None:
    process = measured(start, tmp_path, DECLARED)

    assert (process.memory_scope, process.memory_method) == ("process", "VmHWM")
    assert process.peak_memory_bytes
    assert process.peak_memory_bytes > 5 << 20


# It says what a measured process says while it loads and warms up, and crashes where it would sample.
ON_THE_GPU = """
import os, sys, time
say = lambda words: os.write(int(sys.argv[3]), words.encode() + b"\\n")
if PHASE == "loading": time.sleep(0.5); open(MEMINFO, "w").write(LESS)
say('{"event": "loaded", "peak_memory_bytes": 4096}')
if PHASE == "warming": time.sleep(0.5); open(MEMINFO, "w").write(LESS)
say('{"event": "error", "cause": "crashed", "message": "declared"}')
"""


@pytest.mark.parametrize("phase", ["loading", "warming"])
def test_a_peak_of_shared_memory_before_the_sampling_is_in_the_record(board: Path, phase: str) -> None:
    """There is no GPU here whose memory could move, so the board's file moves instead."""
    meminfo = "MemTotal: 7802880 kB\nMemAvailable: {} kB\n"

    def emit(event: Mapping[str, Any]) -> None:
        if event["event"] == phase:
            written(board, {"proc/meminfo": meminfo.format(3_000_000)})

    values = {"PHASE": phase, "MEMINFO": str(board / "proc/meminfo"), "LESS": meminfo.format(4_999_000)}
    code = "".join(f"{name} = {value!r}\n" for name, value in values.items()) + ON_THE_GPU
    order = Order(Task.MEASURE, a_fake_job(runtime="tensorrt"), sampling=SAMPLING)
    process = Watch(order, [sys.executable, "-c", code], emit, lambda: False).run()

    assert (process.ended, process.message) == (Ended.CRASHED, "declared")
    assert (process.memory_scope, process.memory_method) == ("unified", "MemAvailable")
    assert process.peak_memory_bytes == 2_000_000 * 1024


# A process that computes on a card: the driver's list has it with 800 MiB while it loads and with 350 MiB since.
ON_A_CARD = """
import os, struct, sys, time
say = lambda words: os.write(int(sys.argv[3]), words.encode() + b"\\n")
def hold(mib):
    open(TABLE + ".new", "wb").write(struct.pack("=IIxxxxQII", 1, os.getpid(), mib << 20, 0, 0))
    os.replace(TABLE + ".new", TABLE)
    time.sleep(0.4)
hold(800)
hold(300)
say('{"event": "loaded", "peak_memory_bytes": 4096, "gpu_uuid": "GPU-aaaa"}')
say('{"event": "inferred"}')
hold(350)
say('{"event": "error", "cause": "crashed", "message": "declared"}')
"""


@pytest.mark.skipif(compiler() is None, reason="no C compiler here")
def test_a_cards_memory_is_in_the_record_with_its_height_while_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "table"
    table.write_bytes(b"".join(listed()))
    monkeypatch.setenv("EDGEPROF_ROOT", str(made_of_c(tmp_path / "pc", H200, table)))
    code = f"TABLE = {str(table)!r}\n" + ON_A_CARD
    order = Order(Task.MEASURE, a_fake_job(runtime="tensorrt"), sampling=SAMPLING)
    process = Watch(order, [sys.executable, "-c", code], lambda _: None, lambda: False).run()

    assert (process.ended, process.message) == (Ended.CRASHED, "declared")
    assert (process.memory_scope, process.memory_method) == ("device", "NVML")
    assert process.peak_memory_bytes == process.gpu_loading_bytes == 800 << 20
    assert process.gpu_running_bytes == 350 << 20
    assert process.gpu_uuid == "GPU-aaaa"


@pytest.mark.skipif(compiler() is None, reason="no C compiler here")
def test_what_runs_on_a_card_draws_its_power_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = "sys/class/powercap/intel-rapl:0/"
    energy = {zone + "name": "package-0\n", zone + "energy_uj": 1_000_000, zone + "max_energy_range_uj": 1 << 40}
    root = made_of_c(written(tmp_path, energy), H200)
    monkeypatch.setenv("EDGEPROF_ROOT", str(root))
    recording = Recording(Order(Task.MEASURE, a_fake_job(runtime="tensorrt"), telemetry_s=0.05))
    recording.follow(4242)
    recording.start("GPU-aaaa")
    recording.begin()
    time.sleep(0.3)
    written(root, {zone + "energy_uj": 9_000_000})
    recording.end()
    telemetry = recording.facts(1)["telemetry"]

    assert telemetry.power_w == pytest.approx(112.25)
    assert telemetry.power_source == "NVML, card 0"
    assert telemetry.mean("power_processor_w") > 1
    assert telemetry.counters["gpu_power_limit_ns"] == 0


@pytest.mark.skipif(compiler() is None, reason="no C compiler here")
@pytest.mark.parametrize(("task", "calls"), [(Task.MEASURE, "is"), (Task.OUTPUTS, ""), (Task.BUILD, "")], ids=str)
def test_the_drivers_library_is_opened_where_something_is_recorded_and_closed_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: Task, calls: str
) -> None:
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("EDGEPROF_ROOT", str(made_of_c(tmp_path / "pc", H200, log=log)))
    recording = Recording(Order(task, a_fake_job(runtime="tensorrt"), telemetry_s=0.05))
    if task is Task.MEASURE:
        recording.follow(4242)
        recording.start("GPU-aaaa")
        recording.begin()
        recording.end()
        recording.facts(1)

    assert log.read_text() == calls


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
    assert process.telemetry.power_source == "INA3221 VDD_IN"
    assert process.telemetry.power_w == pytest.approx(4.96)
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
