"""Which kind of machine it is, by whatever of its device tree, kernel and release file can be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from edgeprof.agent.board import device_tree
from edgeprof.agent.files import text_of

_X86 = ("x86_64", "amd64", "i386", "i686")


def kind_of(root: Path, machine: str) -> str:
    """jetson, raspberry-pi, x86 or other; `machine` is the architecture of its processor."""
    if is_jetson(root):
        return "jetson"
    entries = device_tree.compatible(root)
    module, chip = device_tree.module(entries) or "", device_tree.chip(entries) or ""
    if module.startswith("raspberrypi,") or chip.startswith("bcm"):
        return "raspberry-pi"
    return "x86" if machine.lower() in _X86 else "other"


def is_jetson(root: Path) -> bool:
    """A container may hide the device tree; the kernel's name it cannot hide."""
    if (_chip(root) or "").startswith("tegra") or "-tegra" in text_of(root / "proc/sys/kernel/osrelease"):
        return True
    return (root / "etc/nv_tegra_release").exists()


def _chip(root: Path) -> Optional[str]:
    return device_tree.chip(device_tree.compatible(root))
