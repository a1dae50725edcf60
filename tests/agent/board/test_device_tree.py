"""Which board it is, from trees as carriers and kernels write them."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

import pytest

from agent.board.trees import TREE, write
from edgeprof.agent.board import device_tree


@pytest.mark.parametrize(
    ("entries", "module", "chip"),
    [
        (["nvidia,p3768-0000+p3767-0005-super", "nvidia,p3767-0005", "nvidia,tegra234"], "p3767-0005", "tegra234"),
        (["nvidia,p3768-0000+p3767-0005-super", "nvidia,tegra234"], "p3767-0005", "tegra234"),
        (["nvidia,p3737-0000+p3701-0004", "nvidia,p3701-0004", "nvidia,tegra234"], "p3701-0004", "tegra234"),
        (["oe4t,p3768-0000+p3767-0000", "nvidia,p3767-0000", "nvidia,tegra234"], "p3767-0000", "tegra234"),
        (["lanner,eai-i233", "nvidia,p3701-0005", "nvidia,tegra234"], "p3701-0005", "tegra234"),
        (["nvidia,p3509-0000+p3668-0001", "nvidia,tegra194"], "p3668-0001", "tegra194"),
        (["nvidia,p3449-0000-b00+p3448-0000-b00", "nvidia,jetson-nano", "nvidia,tegra210"], "p3448-0000", "tegra210"),
        (["nvidia,p3971-0080+p3834-0008", "nvidia,p3834-0008", "nvidia,tegra264"], "p3834-0008", "tegra264"),
        (["nvidia,p9999-0000+p9998-0001", "nvidia,tegra999"], "p9998-0001", "tegra999"),
        (["nvidia,p2972-0000", "nvidia,tegra194"], "p2972-0000", "tegra194"),
        (["raspberrypi,5-model-b", "brcm,bcm2712"], "raspberrypi,5-model-b", "bcm2712"),
        (["raspberrypi,4-model-b", "brcm,bcm2711"], "raspberrypi,4-model-b", "bcm2711"),
        (["acme,board", "acme,soc"], None, None),
        ([], None, None),
    ],
)
def test_the_module_and_the_chip_are_found_among_the_entries(
    tmp_path: Path, entries: List[str], module: Optional[str], chip: Optional[str]
) -> None:
    write(tmp_path, {f"{TREE}/compatible": "".join(f"{entry}\0" for entry in entries)})

    found = device_tree.compatible(tmp_path)

    assert found == tuple(entries)
    assert device_tree.module(found) == module
    assert device_tree.chip(found) == chip


def test_the_model_ends_at_its_nul_byte(tmp_path: Path) -> None:
    write(tmp_path, {"proc/device-tree/model": "NVIDIA Jetson AGX Thor Developer Kit\0"})

    assert device_tree.model(tmp_path) == "NVIDIA Jetson AGX Thor Developer Kit"


def test_a_container_has_the_model_as_it_was_copied_for_it(tmp_path: Path) -> None:
    write(tmp_path, {"tmp/nv_jetson_model": "NVIDIA Jetson AGX Orin Developer Kit\0"})

    assert device_tree.model(tmp_path) == "NVIDIA Jetson AGX Orin Developer Kit"


def test_a_machine_without_a_tree_has_neither(tmp_path: Path) -> None:
    assert device_tree.model(tmp_path) is None
    assert device_tree.compatible(tmp_path) == ()
    assert device_tree.dla_count(tmp_path) is None


def test_accelerators_are_the_devices_that_the_kernel_made(tmp_path: Path) -> None:
    for name in ("15880000.nvdla0", "158c0000.nvdla1", "15340000.vic"):
        (tmp_path / "sys/bus/platform/devices" / name).mkdir(parents=True)

    assert device_tree.dla_count(tmp_path) == 2


@pytest.mark.parametrize(("second", "count"), [("okay\0", 1), ("disabled\0", 0)])
def test_an_accelerator_that_is_fused_off_does_not_count(tmp_path: Path, second: str, count: int) -> None:
    node = f"{TREE}/bus@0/host1x@13e00000"
    write(tmp_path, {f"{node}/nvdla0@15880000/status": second, f"{node}/nvdla1@158c0000/status": "disabled\0"})

    assert device_tree.dla_count(tmp_path) == count
