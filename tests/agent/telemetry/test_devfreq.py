"""The GPU among the devfreq devices of every JetPack."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.telemetry.trees import ORIN, written
from edgeprof.agent.telemetry import devfreq
from edgeprof.agent.telemetry.source import Readings

CLASS = "sys/class/devfreq/"


def read(root: Path) -> Readings:
    source = devfreq.source_of(root)
    assert source
    readings = source.read()
    source.close()
    return readings


def test_an_orin_has_its_gpus_clock_and_load(tmp_path: Path) -> None:
    assert read(written(tmp_path, ORIN)) == {"gpu_hz": 305e6, "gpu_load": 0.25}


@pytest.mark.parametrize("name", ["gpu", "gv11b", "gp10b", "ga10b", "gb10b"])
def test_the_gpu_is_known_by_its_node_in_the_device_tree(tmp_path: Path, name: str) -> None:
    folder = f"{CLASS}12345678.{name}/"
    written(tmp_path, {CLASS + "15340000.vic/cur_freq": 115200000, CLASS + "15340000.vic/device/of_node/name": "vic\0"})
    written(tmp_path, {folder + "cur_freq": 612000000, folder + "device/of_node/name": f"{name}\0"})

    assert read(tmp_path)["gpu_hz"] == 612e6


def test_the_load_beside_the_clock_counts_too(tmp_path: Path) -> None:
    folder = CLASS + "57000000.gpu/"
    written(tmp_path, {folder + "cur_freq": 76800000, folder + "device/load": 999})

    assert read(tmp_path) == {"gpu_hz": 76.8e6, "gpu_load": 0.999}


def test_thors_gpu_and_memory_have_names_of_their_own(tmp_path: Path) -> None:
    written(tmp_path, {CLASS + "gpu-gpc-0/cur_freq": 1575000000, CLASS + "bwmgr/cur_freq": 4266000000})

    assert read(tmp_path) == {"gpu_hz": 1575e6, "memory_hz": 4266e6}


def test_the_memory_clock_is_roots_on_an_orin(tmp_path: Path) -> None:
    written(tmp_path, {"sys/kernel/debug/bpmp/debug/clk/emc/rate": 2133000000})

    assert read(tmp_path) == {"memory_hz": 2133e6}


def test_a_clock_whose_power_is_off_is_not_0_and_a_gpu_that_rests_is(tmp_path: Path) -> None:
    written(tmp_path, {CLASS + "17000000.gpu/cur_freq": 0, "sys/devices/gpu.0/load": 0})

    assert read(tmp_path) == {"gpu_load": 0.0}


def test_a_machine_without_devfreq_has_no_such_source(tmp_path: Path) -> None:
    assert devfreq.source_of(tmp_path) is None
