"""Zones by their kernel's names, and those whose power is off."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.telemetry.trees import ORIN, written
from edgeprof.agent.telemetry import thermal
from edgeprof.agent.telemetry.source import Readings

ZONE = "sys/class/thermal/thermal_zone{}/{}"


def read(root: Path) -> Readings:
    source = thermal.source_of(root)
    assert source
    readings = source.read()
    source.close()
    return readings


def zones(root: Path, *kinds_and_temps: object) -> Path:
    for i in range(0, len(kinds_and_temps), 2):
        kind, temp = kinds_and_temps[i : i + 2]
        written(root, {ZONE.format(i // 2, "type"): f"{kind}\n", ZONE.format(i // 2, "temp"): f"{temp}\n"})
    return root


@pytest.mark.parametrize("gated", ["-256000", "0", "", "EAGAIN"])
def test_a_zone_whose_power_is_off_has_no_temperature(tmp_path: Path, gated: str) -> None:
    assert read(zones(tmp_path, "cv0-thermal", gated, "tj-thermal", 46843)) == {"temperature_tj_c": 46.843}


def test_names_of_all_jetpacks_and_of_pcs_make_series(tmp_path: Path) -> None:
    root = zones(tmp_path, "CPU-therm", 31500, "gpu-thermal", 30500, "x86_pkg_temp", 51000, "AO-therm", 36000)

    assert set(read(root)) == {
        "temperature_cpu_c",
        "temperature_gpu_c",
        "temperature_x86_pkg_temp_c",
        "temperature_ao_c",
    }


def test_zones_of_the_same_type_are_numbered(tmp_path: Path) -> None:
    root = zones(tmp_path, "acpitz", 27800, "acpitz", 29800)

    assert read(root) == {"temperature_acpitz_c": 27.8, "temperature_acpitz_2_c": 29.8}


def test_ten_zones_keep_the_kernels_order(tmp_path: Path) -> None:
    root = zones(tmp_path, *(word for i in range(12) for word in ("acpitz", 20000 + i)))
    source = thermal.source_of(root)
    assert source

    assert source.way("temperature_acpitz_11_c") == "/sys/class/thermal/thermal_zone10/temp"


def test_a_zone_at_its_passive_limit_is_counted(tmp_path: Path) -> None:
    written(tmp_path, ORIN)
    below = read(tmp_path)["zones_at_limit"]
    written(tmp_path, {ZONE.format(0, "temp"): 99000})

    assert (below, read(tmp_path)["zones_at_limit"]) == (0.0, 1.0)


@pytest.mark.parametrize(("kind", "limit"), [("passive", "20800"), ("active", "70000"), ("passive", "-274000")])
def test_limits_that_no_kernel_slows_down_at_are_none(tmp_path: Path, kind: str, limit: str) -> None:
    root = zones(tmp_path, "acpitz", 75000)
    written(root, {ZONE.format(0, "trip_point_0_type"): kind, ZONE.format(0, "trip_point_0_temp"): limit})

    assert "zones_at_limit" not in read(root)


def test_a_limit_of_a_zone_that_cannot_be_read_is_not_kept(tmp_path: Path) -> None:
    """The other zone has none, so nobody knows whether the device is at its limit."""
    written(tmp_path, {**ORIN, ZONE.format(0, "temp"): "EAGAIN\n", ZONE.format(1, "temp"): 40000})

    assert read(tmp_path) == {"temperature_cv0_c": 40.0}


def test_a_pc_without_zones_has_its_chips(tmp_path: Path) -> None:
    written(tmp_path, {"sys/class/hwmon/hwmon2/name": "k10temp\n", "sys/class/hwmon/hwmon2/temp1_input": 55250})

    assert read(tmp_path) == {"temperature_k10temp_c": 55.25}


def test_a_machine_that_tells_no_temperature_has_no_such_source(tmp_path: Path) -> None:
    assert thermal.source_of(tmp_path) is None
