"""Every line that is on record, and what it says; the boards differ in all of it."""

from __future__ import annotations

from typing import Dict, Optional

import pytest

from agent.telemetry.recorded import ALL, LINES
from edgeprof.agent.telemetry.tegrastats import readings_of

MIB = 1 << 20
Expected = Dict[str, Optional[float]]

# None: the line does not say.
TOLD: Dict[str, Expected] = {
    "jetson-nano-jp4": {
        "memory_used_bytes": 2015 * MIB,
        "cpu_load": 0.045,
        "cpu_hz": 102e6,
        "memory_load": 0.0,
        "memory_hz": None,
        "gpu_load": 0.0,
        "gpu_hz": None,
        "temperature_gpu_c": 30.5,
        "temperature_pmic_c": None,  # PMIC@100C is a placeholder
        "temperature_thermal_c": 31.25,
        "power_w": 1.388,
        "power_pom_5v_gpu_w": 0.122,
    },
    "jetson-nano-jp4.6.1-root": {
        "cpu_hz": 1224e6,
        "memory_hz": 1600e6,
        "gpu_load": 0.0,
        "gpu_hz": 76e6,
        "temperature_pmic_c": 50.0,
        "power_w": 1.75,  # now, and not the mean of 1628 beside it
        "power_pom_5v_gpu_w": 0.0,
        "power_pom_5v_cpu_w": 0.366,
    },
    "xavier-nx-jp4-root": {
        "memory_used_bytes": 5246 * MIB,
        "cpu_load": 2.51 / 6,
        "memory_load": 0.02,
        "gpu_hz": 1109e6,
        "temperature_ao_c": 29.0,
        "temperature_pmic_c": None,
        "power_w": 6.14,  # VDD_IN holds the others
        "power_vdd_soc_w": 1.074,
    },
    "agx-xavier-jp4-root": {
        "cpu_hz": 2265e6,
        "cpu_cores_online": 8,
        "gpu_load": 0.12,
        "gpu_hz": 1377e6,
        "temperature_iwlwifi_c": 30.0,
        "temperature_gpu_c": 28.0,
        "power_gpu_w": 1.155,
        "power_cpu_w": 0.385,
        "power_cv_w": 0.0,
        "power_sys5v_w": 2.692,
        "power_w": 6.926,  # no rail has it all: the six together
    },
    "xavier-nx-jp5.1.2": {
        "memory_used_bytes": 3168 * MIB,
        "cpu_hz": 1397e6,
        "gpu_load": 0.0,
        "gpu_hz": 114e6,
        "vic_hz": 115e6,
        "temperature_cpu_c": 46.5,
        "power_w": 2.763,
    },
    "xavier-nx-jp5-cores-off": {
        "cpu_cores_online": 4,
        "cpu_load": 0.0275,
        "cpu_hz": 1907e6,
        "gpu_load": 0.0,
        "gpu_hz": 510e6,
        "power_w": 5.079,
    },
    "agx-orin-32gb-jp5.0-root": {
        "gpu_load": 0.07,
        "gpu_hz": None,  # 0: its power is off
        "gpu2_load": 0.07,
        "gpu2_hz": None,
        "memory_hz": 204e6,
        "nvjpg1_hz": 729e6,
        "vic_hz": 115e6,
        "temperature_cv0_c": None,  # -256C: its power is off
        "temperature_gpu_c": None,
        "temperature_tj_c": 41.656,
        "power_nc_w": None,
        "power_vddq_vdd2_1v8ao_w": 0.301,
        "power_w": 2.390 + 0.796 + 3.522 + 0.301,
    },
    "agx-orin-64gb-jp5": {
        "cpu_cores_online": 12,
        "gpu_load": 0.0,
        "gpu_hz": None,
        "memory_hz": 2133e6,
        "temperature_soc0_c": 41.093,
        "temperature_cv2_c": None,
        "power_w": 2.340 + 0.390 + 4.025 + 0.301,
    },
    "agx-orin-64gb-jp6.2.1-root": {
        "cpu_hz": 2201e6,
        "memory_load": 0.03,
        "nvenc_load": 0.79,
        "nvenc_hz": 166e6,
        "nvdec_hz": None,
        "nvdla0_hz": None,
        "vic_load": 0.36,
        "temperature_tj_c": 52.562,
        "temperature_gpu_c": None,
        "power_w": 2.412 + 1.607 + 4.707,
    },
    "orin-nano-super-jp6.2-idle": {
        "cpu_hz": 1497e6,
        "memory_load": 0.15,
        "memory_hz": 204e6,
        "gpu_load": 0.0,
        "gpu_hz": 305e6,
        "temperature_gpu_c": 49.625,
        "power_w": 5.251,
        "power_vdd_cpu_gpu_cv_w": 0.512,
    },
    "orin-nano-super-jp6.2-loaded": {
        "gpu_load": 0.99,
        "gpu_hz": 612e6,
        "memory_hz": 2133e6,
        "power_w": 16.321,
        "temperature_tj_c": 58.312,
    },
    "orin-nx-16gb-jp6.2": {
        "memory_used_bytes": 1224 * MIB,
        "memory_hz": None,
        "memory_load": None,
        "gpu_load": 0.0,
        "gpu_hz": None,
        "vic_load": None,
        "temperature_cv0_c": 41.156,
        "power_w": 4.304,
    },
    "agx-thor-jp7.1": {
        "cpu_cores_online": 14,
        "gpu_load": None,  # @[0,0,0]: no percentage, which is not 0
        "gpu_hz": None,
        "nvenc0_hz": None,
        "pva0_hz": None,
        "temperature_soc345_c": 34.5,
        "power_vdd_gpu_w": 0.0,
        "power_w": 4.165 + 4.126,
    },
    "orin-nano-jp7.2": {
        "memory_used_bytes": 2850 * MIB,
        "cpu_hz": 729e6,
        "gpu_hz": 305e6,
        "temperature_tj_c": 46.843,
        "power_w": 3.582,
        "power_vdd_soc_w": 1.127,
    },
    "agx-orin-64gb-jp7.2-root": {
        "gpu_load": 0.12,
        "gpu_hz": 1300e6,
        "memory_hz": 3199e6,
        "temperature_cpu_c": 52.968,
        "power_w": 5.139 + 3.268 + 5.500,
    },
    "agx-orin-64gb-jp7.2": {
        "cpu_hz": 1113e6,
        "gpu_load": 0.32,
        "gpu_hz": None,
        "memory_hz": None,
        "temperature_soc0_c": 49.406,  # now, and not its highest
        "power_vdd_gpu_soc_w": 4.385,
        "power_w": 4.385 + 1.196 + 5.552,
    },
    "agx-thor-jp7.2": {
        "cpu_cores_online": 3,
        "cpu_hz": 2601e6,
        "gpu_load": 0.87,
        "gpu_hz": 1574e6,
        "memory_hz": 4266e6,
        "nvenc0_hz": 1691e6,
        "vic_hz": None,
        "temperature_gpu_c": 56.937,
        "power_vdd_gpu_w": 37.939,
        "power_w": 124.486,  # VIN holds the others
    },
}


def test_every_board_on_record_has_its_values_here() -> None:
    assert set(TOLD) == set(LINES)
    assert len(ALL) == 19


@pytest.mark.parametrize("board", sorted(TOLD))
def test_a_line_says_what_its_board_meant(board: str) -> None:
    readings = readings_of(LINES[board][0])

    assert {name: readings.get(name) for name in TOLD[board]} == pytest.approx(TOLD[board])


def test_a_second_line_of_the_same_board_has_values_of_its_own() -> None:
    thor, nano = readings_of(LINES["agx-thor-jp7.1"][1]), readings_of(LINES["orin-nano-jp7.2"][1])

    assert (thor["cpu_hz"], thor["temperature_tj_c"]) == (2601e6, 36.031)
    assert thor["power_w"] == pytest.approx(4.923 + 4.327)
    assert (nano["power_w"], nano["power_vdd_cpu_gpu_cv_w"]) == (3.462, 0.442)


@pytest.mark.parametrize("line", ALL)
def test_swap_and_clocks_are_no_rails(line: str) -> None:
    named = {name for name in readings_of(line) if name.startswith("power_")}

    assert not named & {"power_ram_w", "power_swap_w", "power_iram_w", "power_nc_w", "power_mts_w"}
    assert len(named) >= 3


def test_the_cores_may_share_one_clock() -> None:
    readings = readings_of("CPU [6%,5%,off,4%]@1224 GR3D_FREQ 5%\n")

    assert (readings["cpu_hz"], readings["cpu_cores_online"], readings["cpu_load"]) == (1224e6, 3, pytest.approx(0.05))


def test_without_root_cores_have_loads_and_no_clock() -> None:
    readings = readings_of("CPU [6%,5%] GR3D_FREQ 5%\n")

    assert readings["cpu_load"] == pytest.approx(0.055)
    assert "cpu_hz" not in readings


@pytest.mark.parametrize("cores", ["[6%@102,5x@102]", "[101%@102]", "[]", "[off,off]", "[6%@102,5%]", "[%@102]"])
def test_cores_that_cannot_all_be_read_have_no_clock(cores: str) -> None:
    assert "cpu_hz" not in readings_of(f"CPU {cores} RAM 1/2MB\n")


@pytest.mark.parametrize("told", ["101%", "-3%", "5", "%", "9999999@", "0%@[510", "@[]", "@[off,off]"])
def test_a_load_that_cannot_be_is_not_known(told: str) -> None:
    assert "gpu_load" not in readings_of(f"GR3D_FREQ {told} RAM 1/2MB\n")


def test_one_gpc_that_is_off_leaves_the_others_clock() -> None:
    assert readings_of("GR3D_FREQ @[off,1574,0] RAM 1/2MB\n")["gpu_hz"] == 1574e6


def test_a_board_whose_rails_nobody_knows_has_no_total() -> None:
    readings = readings_of("VDD_NEW 100mW/100mW VDD_OTHER 50mW/50mW\n")

    assert (readings["power_vdd_new_w"], readings.get("power_w")) == (0.1, None)


def test_a_rail_that_is_missing_leaves_no_smaller_total() -> None:
    whole = LINES["agx-orin-64gb-jp5"][0]
    cut = whole.replace("VDDQ_VDD2_1V8AO 301mW/301mW ", "")
    rails = frozenset({"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"})

    assert "power_w" in readings_of(whole, rails)
    assert "power_w" not in readings_of(cut, rails)


def test_a_board_that_draws_nothing_was_not_read() -> None:
    assert "power_w" not in readings_of("VDD_IN 0mW/0mW VDD_SOC 0mW/0mW\n")


def test_a_line_without_its_end_is_not_trusted_with_its_last_word() -> None:
    assert "gpu_hz" not in readings_of("EMC_FREQ 0%@1600 GR3D_FREQ 0%@11")
    assert readings_of("EMC_FREQ 0%@1600 GR3D_FREQ 0%@1109\n")["gpu_hz"] == 1109e6
