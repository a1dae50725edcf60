"""A whole board from its files: three kinds of machine, and one inside a container."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.board.trees import ORIN_NANO, RASPBERRY_PI_5, RELEASES, orin_nano, script, write
from edgeprof.agent.board import nvpmodel, whole
from edgeprof.core.board import Board
from edgeprof.core.codec import plain, restore

COMMANDS = ("nvpmodel", "jetson_clocks", "dpkg-query", "tegrastats", "trtexec", "nvidia-smi", "sudo")


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that names every board's command that was started."""
    log = tmp_path / "ran"
    for name in COMMANDS:
        script(tmp_path / "bin", name, f"echo {name} >> {log}")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return log


def test_an_orin_nano_is_told_by_its_files_alone(tmp_path: Path, ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = whole.read(orin_nano(tmp_path / "root"), machine="aarch64")

    assert (found.kind, found.module, found.chip) == ("jetson", "p3767-0005", "tegra234")
    assert found.model == "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"
    assert found.memory_bytes == 7802880 * 1024
    assert (found.gpu_units, found.dla) == (4, 0)
    assert (found.l4t, found.jetpack) == ("36.4.4", "6.2.1")
    assert (found.cuda, found.tensorrt, found.trtexec) == ("12.6.68", "10.3.0", "/usr/src/tensorrt/bin/trtexec")
    assert found.power_mode == "25W"
    assert found.power_mode_ids == {"15W": 0, "25W": 1, "MAXN_SUPER": 2, "7W": 3}
    assert found.power_modes == ("15W", "25W", "MAXN_SUPER", "7W")
    assert found.default_power_mode == "25W"
    assert found.clocks_locked is False
    assert found.container is False
    assert found.hold is None
    assert not ran.exists()


def test_a_board_crosses_the_wire_whole(tmp_path: Path) -> None:
    found = whole.read(orin_nano(tmp_path), machine="aarch64")

    assert restore(Board, plain(found)) == found


def test_the_confs_own_name_tells_the_family(tmp_path: Path) -> None:
    orin_nano(tmp_path)
    conf = tmp_path / "etc/nvpmodel.conf"
    (tmp_path / "etc/nvpmodel").mkdir()
    conf.rename(tmp_path / "etc/nvpmodel/nvpmodel_p3767_0003_super.conf")
    conf.symlink_to("nvpmodel/nvpmodel_p3767_0003_super.conf")

    found = whole.read(tmp_path, machine="aarch64")

    assert found.power_conf == "nvpmodel_p3767_0003_super.conf"
    assert found.power_mode == "25W"


def test_a_raspberry_pi_is_told_by_its_own_entry(tmp_path: Path, ran: Path) -> None:
    found = whole.read(write(tmp_path / "root", RASPBERRY_PI_5), machine="aarch64")

    assert (found.kind, found.module, found.chip) == ("raspberry-pi", "raspberrypi,5-model-b", "bcm2712")
    assert (found.power_mode, found.power_modes, found.l4t, found.gpu_units) == (None, (), None, None)
    assert found.clocks_locked is False
    assert not ran.exists()


def test_an_ordinary_machine_is_read_without_starting_anything(tmp_path: Path, ran: Path) -> None:
    files = {
        "proc/meminfo": "MemTotal: 24568712 kB\n",
        "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA L4\nIRQ: 35\n",
    }
    found = whole.read(write(tmp_path / "root", files), machine="x86_64")

    assert (found.kind, found.module, found.chip) == ("x86", None, None)
    assert found.gpus == ("NVIDIA L4",)
    assert found.clocks_locked is None
    assert not ran.exists()


def test_this_very_machine_is_read(ran: Path) -> None:
    found = whole.read()

    assert found.kind in ("x86", "other", "jetson", "raspberry-pi")
    assert found.memory_bytes
    assert found.disk_free_bytes
    if found.kind == "x86":
        assert not ran.exists()


def test_a_container_on_a_jetson_knows_its_release_and_no_board(tmp_path: Path) -> None:
    files = {"etc/nv_tegra_release": RELEASES["36.4.4"], ".dockerenv": "", "tmp/nv_jetson_model": "Jetson AGX Orin\0"}
    found = whole.read(write(tmp_path, files), machine="aarch64")

    assert (found.kind, found.module, found.chip) == ("jetson", None, None)
    assert (found.jetpack, found.model, found.container) == ("6.2.1", "Jetson AGX Orin", True)
    assert found.clocks_locked is None


def test_an_unknown_l4t_is_told_and_its_jetpack_is_not(tmp_path: Path, ran: Path) -> None:
    release = RELEASES["36.4.4"].replace("4.4", "9.0")
    found = whole.read(orin_nano(tmp_path / "root", etc__nv_tegra_release=release), machine="aarch64")

    assert (found.l4t, found.jetpack) == ("36.9.0", None)


def test_root_asks_jetson_clocks_for_what_sysfs_does_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = ("gpu", "tpc_pg_mask")
    root = write(tmp_path / "root", {k: v for k, v in ORIN_NANO.items() if not any(word in k for word in hidden)})
    shown = "GPU MinFreq=1 MaxFreq=1 CurrentFreq=1\\nActive GPU TPCs: 8\\n"
    script(tmp_path / "bin", "jetson_clocks", f"printf '{shown}'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    found = whole.read(root, machine="aarch64")

    assert found.clocks_locked is True
    assert found.gpu_units is None  # 8 on a module that has 4


def test_others_do_not_know_what_only_root_is_shown(tmp_path: Path, ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "root", {k: v for k, v in ORIN_NANO.items() if "devfreq" not in k})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert whole.read(root, machine="aarch64").clocks_locked is None  # the cores alone say nothing of the GPU
    assert not ran.exists()


def test_temperatures_are_degrees_by_zone_and_a_sensor_that_is_off_has_none(tmp_path: Path) -> None:
    zones = {
        "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
        "sys/class/thermal/thermal_zone0/temp": "48562\n",
        "sys/class/thermal/thermal_zone1/type": "cv0-thermal\n",
        "sys/class/thermal/thermal_zone1/temp": "-256000\n",
    }

    assert whole.temperatures(write(tmp_path, zones)) == {"temperature_cpu_c": 48.562}
    assert whole.temperatures(tmp_path / "none") == {}


def test_the_power_mode_is_to_be_had_alone(tmp_path: Path) -> None:
    assert nvpmodel.power_mode(orin_nano(tmp_path)) == "25W"
