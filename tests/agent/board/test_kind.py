"""What kind a machine is, from whatever of it can be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.board.trees import write
from edgeprof.agent.board.kind import is_jetson, kind_of

TREE = "proc/device-tree/compatible"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        (TREE, "nvidia,p3834-0008\0nvidia,tegra264\0", "jetson"),
        ("proc/sys/kernel/osrelease", "5.15.148-tegra\n", "jetson"),
        ("etc/nv_tegra_release", "# R36 (release), REVISION: 4.4\n", "jetson"),
        (TREE, "raspberrypi,5-model-b\0brcm,bcm2712\0", "raspberry-pi"),
        (TREE, "vendor,board\0brcm,bcm2711\0", "raspberry-pi"),
        (TREE, "radxa,rock-5b\0rockchip,rk3588\0", "other"),
        ("proc/sys/kernel/osrelease", "6.8.0-generic\n", "other"),
    ],
)
def test_a_board_is_known_by_its_tree_its_kernel_or_its_release(
    tmp_path: Path, name: str, content: str, kind: str
) -> None:
    write(tmp_path, {name: content})

    assert kind_of(tmp_path, "aarch64") == kind
    assert is_jetson(tmp_path) is (kind == "jetson")


@pytest.mark.parametrize(
    ("machine", "kind"), [("x86_64", "x86"), ("AMD64", "x86"), ("i686", "x86"), ("riscv64", "other")]
)
def test_else_by_its_processor(tmp_path: Path, machine: str, kind: str) -> None:
    assert kind_of(tmp_path, machine) == kind
