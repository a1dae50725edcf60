"""What is found on a whole device, and what of it is best."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Dict, List

import pytest

from agent.telemetry.recorded import FOLDER
from agent.telemetry.trees import ORIN, replaying, script, written
from edgeprof.agent.telemetry.sampler import Sampler
from edgeprof.agent.telemetry.sources import sources_of
from edgeprof.core.telemetry import Telemetry


def sampled(root: Path, seconds: float = 0.6) -> Telemetry:
    sampler = Sampler(0.05, lambda: sources_of(root, 0.05))
    sampler.start()
    time.sleep(0.4)  # what a warm-up leaves tegrastats to begin with
    sampler.begin()
    time.sleep(seconds)
    telemetry = sampler.telemetry()
    assert telemetry
    return telemetry


def test_with_tegrastats_the_files_add_only_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaying(tmp_path / "bin/tegrastats", FOLDER / "orin-nx-16gb-jp6.2.txt")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    telemetry = sampled(written(tmp_path / "root", ORIN))

    assert telemetry.sources["power_w"] == "tegrastats VDD_IN"
    assert telemetry.mean("power_w") == pytest.approx(4.304)
    assert telemetry.sources["gpu_load"] == "tegrastats"
    assert (
        telemetry.sources["gpu_hz"] == "/sys/class/devfreq/17000000.gpu/cur_freq"
    )  # not told to other users than root
    assert telemetry.highest("gpu_hz") == 305e6
    assert telemetry.sources["temperature_cpu_c"] == "tegrastats"
    assert telemetry.counters["oc3_event_count"] == 0


def test_without_it_the_board_is_read_itself(tmp_path: Path) -> None:
    telemetry = sampled(written(tmp_path, ORIN))

    assert telemetry.sources["power_w"] == "INA3221 VDD_IN"
    assert telemetry.power_w == pytest.approx(4.96)
    assert telemetry.sources["temperature_cpu_c"] == "/sys/class/thermal/thermal_zone0/temp"
    assert "temperature_cv0_c" not in telemetry.series


def test_a_tegrastats_that_says_nothing_leaves_the_power_to_the_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "bin/tegrastats", "exec sleep 60")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    telemetry = sampled(written(tmp_path / "root", ORIN))

    assert telemetry.power_source == "INA3221 VDD_IN"
    assert telemetry.power_w == pytest.approx(4.96)


def test_a_tegrastats_that_cannot_be_started_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path / "bin/tegrastats", "")
    path.write_bytes(b"\x7fELF not for this machine")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    telemetry = sampled(written(tmp_path / "root", ORIN), 0.2)

    assert telemetry.sources["power_w"] == "INA3221 VDD_IN"


def test_an_empty_machine_has_nothing_to_read(tmp_path: Path) -> None:
    assert sources_of(tmp_path, 0.2) == []


def test_this_machine_can_be_read_and_every_series_says_how() -> None:
    sources = sources_of(Path("/"), 0.2)
    found: Dict[str, List[float]] = {}
    for source in sources:
        for name, value in source.read().items():
            found.setdefault(name, []).append(value)
            assert source.way(name)
        source.close()

    assert found["memory_used_bytes"][0] > 1 << 20
