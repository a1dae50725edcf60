"""The highest clock of our cores, where the machine has one to tell."""

from __future__ import annotations

from pathlib import Path

from agent.telemetry.trees import written
from edgeprof.agent.telemetry import cpufreq

CORE = "sys/devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq"


def test_the_highest_of_our_cores_counts_and_no_others(tmp_path: Path) -> None:
    source = cpufreq.source_of(written(tmp_path, {CORE.format(n): 1000 * (n + 1) for n in range(4)}), [0, 1, 2])
    assert source
    written(tmp_path, {CORE.format(0): 9000})
    readings = source.read()
    source.close()

    assert readings == {"cpu_hz": 9_000_000.0}
    assert source.way("cpu_hz") == "/sys/devices/system/cpu/cpu*/cpufreq/scaling_cur_freq"


def test_of_many_cores_eight_are_asked_from_first_to_last(tmp_path: Path) -> None:
    written(tmp_path, {CORE.format(n): 1000 for n in range(64)})
    source = cpufreq.source_of(written(tmp_path, {CORE.format(63): 5000}), list(range(64)))
    assert source

    assert source.read() == {"cpu_hz": 5_000_000.0}


def test_a_core_that_went_offline_leaves_the_others(tmp_path: Path) -> None:
    source = cpufreq.source_of(written(tmp_path, {CORE.format(0): 1000, CORE.format(1): 2000}), [0, 1])
    assert source
    written(tmp_path, {CORE.format(1): "\n"})

    assert source.read() == {"cpu_hz": 1_000_000.0}


def test_a_virtual_machine_has_proc_cpuinfo(tmp_path: Path) -> None:
    text = "processor\t: 0\ncpu MHz\t\t: 2599.998\n\nprocessor\t: 1\ncpu MHz\t\t: 2100.000\n"
    source = cpufreq.source_of(written(tmp_path, {"proc/cpuinfo": text}), [0, 1])
    assert source

    assert source.read() == {"cpu_hz": 2599.998e6}
    assert source.way("cpu_hz") == "/proc/cpuinfo"


def test_a_machine_that_tells_no_clock_has_no_such_source(tmp_path: Path) -> None:
    assert cpufreq.source_of(tmp_path, [0]) is None
    assert cpufreq.source_of(written(tmp_path, {"proc/cpuinfo": "BogoMIPS : 108.00\ncpu MHz : 0.000\n"}), [0]) is None
