"""Rails by the board's own labels, from both kinds of driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.telemetry.trees import ORIN, written
from edgeprof.agent.telemetry import ina3221

CHIP = "sys/class/hwmon/hwmon1/"
OLD = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/"


def test_power_is_voltage_times_current_and_the_total_is_never_summed_twice(tmp_path: Path) -> None:
    source = ina3221.source_of(written(tmp_path, ORIN), 0.2)
    assert source
    readings = source.read()
    source.close()

    assert readings == pytest.approx(
        {"power_vdd_in_w": 4.96, "power_vdd_cpu_gpu_cv_w": 0.5952, "power_vdd_soc_w": 1.1904, "power_w": 4.96}
    )
    assert source.way("power_w") == "INA3221 VDD_IN"
    assert source.way("power_vdd_soc_w") == "/sys/class/hwmon/hwmon1"


def test_every_reading_is_of_now(tmp_path: Path) -> None:
    source = ina3221.source_of(written(tmp_path, ORIN), 0.2)
    assert source
    written(tmp_path, {CHIP + "curr1_input": 2000})

    assert source.read()["power_w"] == pytest.approx(9.92)


def test_jetpack_4_has_milliwatts_and_two_chips_make_one_board(tmp_path: Path) -> None:
    other = OLD.replace("6-0040/iio:device0", "6-0041/iio:device1")
    rails = [(OLD, "GPU", 1155), (OLD, "CPU", 385), (OLD, "SOC", 2502), (other, "CV", 0), (other, "VDDRQ", 192)]
    rails.append((other, "SYS5V", 2692))
    for i, (folder, name, mw) in enumerate(rails):
        written(tmp_path, {f"{folder}rail_name_{i % 3}": f"{name}\n", f"{folder}in_power{i % 3}_input": mw})
    source = ina3221.source_of(tmp_path, 0.2)
    assert source

    assert source.read()["power_w"] == pytest.approx(6.926)
    assert source.way("power_w") == "INA3221 CPU + CV + GPU + SOC + SYS5V + VDDRQ"


def test_a_rail_that_will_not_be_read_leaves_no_smaller_total(tmp_path: Path) -> None:
    """Without the fourth rail an AGX Orin of JetPack 5 looks like one of JetPack 6."""
    other = CHIP.replace("hwmon1", "hwmon2")
    labels = {"in1_label": "VDD_GPU_SOC\n", "in2_label": "VDD_CPU_CV\n", "in3_label": "VIN_SYS_5V0\n"}
    written(tmp_path, {CHIP + "name": "ina3221\n", **{CHIP + name: label for name, label in labels.items()}})
    written(tmp_path, {CHIP + f"{kind}{n}_input": 1000 for kind in ("in", "curr") for n in (1, 2, 3)})
    written(tmp_path, {other + "name": "ina3221\n", other + "in1_label": "VDDQ_VDD2_1V8AO\n"})
    written(tmp_path, {other + "in1_input": 1000, other + "curr1_input": 500})
    source = ina3221.source_of(tmp_path, 0.2)
    assert source
    before = source.read()
    written(tmp_path, {other + "curr1_input": "EBUSY\n"})
    after = source.read()

    assert before["power_w"] == pytest.approx(3.5)
    assert set(after) == {"power_vdd_gpu_soc_w", "power_vdd_cpu_cv_w", "power_vin_sys_5v0_w"}


def test_what_is_not_connected_is_no_rail(tmp_path: Path) -> None:
    written(tmp_path, {**ORIN, CHIP + "in3_label": "NC\n"})

    assert set(ina3221.rails_at(tmp_path)) == {"VDD_IN", "VDD_CPU_GPU_CV"}


def test_a_machine_without_the_chip_has_no_such_source(tmp_path: Path) -> None:
    assert ina3221.source_of(tmp_path, 0.2) is None
    assert ina3221.source_of(written(tmp_path, {CHIP + "name": "coretemp\n", CHIP + "in1_label": "x"}), 0.2) is None
