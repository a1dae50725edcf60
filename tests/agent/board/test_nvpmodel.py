"""Power modes as conf files, nvpmodel and its status file have them."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.board.trees import AGX_ORIN_CONF, ORIN_NANO_CONF, script, write
from edgeprof.agent.board import nvpmodel
from edgeprof.agent.board.nvpmodel import Mode, Modes


def test_a_conf_names_its_modes_with_their_masks_and_its_default() -> None:
    found = nvpmodel.modes_of_conf(AGX_ORIN_CONF)

    assert found.modes == (
        Mode(0, "MAXN", 0),
        Mode(1, "MODE_15W", 248),
        Mode(2, "MODE_30W", 240),
        Mode(3, "MODE_50W", 0),
    )
    assert found.default == 2


@pytest.mark.parametrize("name", ["15W", "MAXN_SUPER", "MODE_30W_ALL", "15W_2CORE", "7W_AI", "MODE_15W_DESKTOP"])
def test_names_are_whatever_the_board_calls_them(name: str) -> None:
    found = nvpmodel.modes_of_conf(f"< POWER_MODEL ID=10 NAME={name} >\n<PM_CONFIG DEFAULT=10>\n")

    assert found == Modes((Mode(10, name),), 10)


def test_a_mode_is_found_by_its_name_in_any_case_and_by_its_id() -> None:
    modes = nvpmodel.modes_of_conf(ORIN_NANO_CONF)

    assert modes.named("maxn_super") == Mode(2, "MAXN_SUPER", 240)
    assert modes.of_id(3) == Mode(3, "7W", 252)
    assert modes.named("MAXN") is None
    assert modes.of_id(None) is None


def test_what_nvpmodel_prints_of_its_modes_is_read() -> None:
    text = (
        "NVPM VERB: Config file: /etc/nvpmodel.conf\n"
        "NVPM VERB: parsing done for /etc/nvpmodel.conf\n"
        "NVPM VERB: POWER_MODEL: ID=0 NAME=MAXN\n"
        "NVPM VERB: POWER_MODEL: ID=1 NAME=5W\n"
        "NVPM VERB: PM_CONFIG: DEFAULT=MAXN(0)\n"
    )

    assert nvpmodel.modes_of_verbose(text) == Modes((Mode(0, "MAXN"), Mode(1, "5W")), 0)


@pytest.mark.parametrize(
    ("printed", "mode"),
    [
        ("NV Power Mode: MAXN\n0\n", "MAXN"),
        ("NV Fan Mode:cool\nNV Power Mode: MAXN\n0\n", "MAXN"),
        ("NVPM WARN: fan mode is not set!\nNV Power Mode: 25W\n1\n", "25W"),
        ("NVPM ERROR: failed to open\n", None),
        ("", None),
    ],
)
def test_what_nvpmodel_answers_is_read(printed: str, mode: Optional[str]) -> None:
    assert nvpmodel.mode_of_query(printed) == mode


def test_the_status_file_tells_the_mode_without_starting_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    script(tmp_path / "bin", "nvpmodel", f"touch {ran}; echo 'NV Power Mode: WRONG'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    write(
        tmp_path,
        {"etc/nvpmodel.conf": AGX_ORIN_CONF, "var/lib/nvpmodel/status": "pmode:0002 fmode:fan_mode_quiet\n"},
    )

    assert nvpmodel.power_mode(tmp_path) == "MODE_30W"
    assert not ran.exists()


@pytest.mark.parametrize("status", ["", "pmode:0009\n", "garbage"])
def test_without_a_status_that_helps_nvpmodel_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    script(tmp_path / "bin", "nvpmodel", "echo 'NV Power Mode: MODE_50W'; echo 3")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    write(tmp_path, {"etc/nvpmodel.conf": AGX_ORIN_CONF, "var/lib/nvpmodel/status": status})

    assert nvpmodel.power_mode(tmp_path) == "MODE_50W"


def test_a_conf_that_says_nothing_is_asked_of_nvpmodel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "bin", "nvpmodel", 'echo "NVPM VERB: POWER_MODEL: ID=4 NAME=40W $*"')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    write(tmp_path, {"etc/nvpmodel.conf": "# of another time\n"})

    assert nvpmodel.modes(tmp_path).modes == (Mode(4, "40W"),)


def test_a_machine_without_a_conf_has_no_mode_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    script(tmp_path / "bin", "nvpmodel", f"touch {ran}")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")

    assert nvpmodel.power_mode(tmp_path) is None
    assert nvpmodel.modes(tmp_path) == Modes()
    assert not ran.exists()


@pytest.mark.parametrize(
    ("mask", "chip", "module", "count"),
    [
        (0, "tegra234", "p3701-0005", 8),
        (128, "tegra234", "p3701-0004", 7),
        (0, "tegra234", "p3701-0004", 7),
        (240, "tegra234", "p3701-0005", 4),
        (248, "tegra234", "p3701-0005", 3),
        (252, "tegra234", "p3767-0000", 2),
        (0, "tegra234", "p3767-0005", 4),
        (0, "tegra234", "p3767-0004", 2),
        (0, "tegra194", "p2888-0001", 4),
        (64, "tegra264", "p3834-0008", None),  # its masks are nowhere written down
        (None, "tegra234", "p3701-0005", None),
    ],
)
def test_set_bits_are_units_that_are_off(mask: Optional[int], chip: str, module: str, count: Optional[int]) -> None:
    assert nvpmodel.tpc_count(mask, chip, module) == count


def test_a_count_that_the_module_cannot_have_is_not_believed() -> None:
    assert nvpmodel.plausible_tpcs(8, "tegra234", "p3767-0005") is None
    assert nvpmodel.plausible_tpcs(4, "tegra234", "p3767-0005") == 4
    assert nvpmodel.plausible_tpcs(10, "tegra264", "p3834-0008") == 10


@pytest.mark.parametrize("folder", ["gpu.0", "platform/gpu.0"])
def test_the_mask_lies_where_this_jetpack_has_it(tmp_path: Path, folder: str) -> None:
    write(tmp_path, {f"sys/devices/{folder}/tpc_pg_mask": "240\n"})

    assert nvpmodel.tpc_mask(tmp_path) == 240


@given(st.integers(0, len(AGX_ORIN_CONF)), st.text(max_size=20))
def test_a_damaged_conf_gives_modes_or_none_and_no_error(at: int, instead: str) -> None:
    found = nvpmodel.modes_of_conf(AGX_ORIN_CONF[:at] + instead + AGX_ORIN_CONF[at + len(instead) :])

    assert all(mode.name and mode.id >= 0 for mode in found.modes)
