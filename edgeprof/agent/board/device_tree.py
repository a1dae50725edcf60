"""Which board it is, by the compatible strings of its device tree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from edgeprof.agent.board.reading import words_of
from edgeprof.agent.files import text_of

# /proc/device-tree is a link into /sys; a container may have the one without the other.
# docker/jetson.sh mounts copies of what a container does not see.
_FOLDERS = ("proc/device-tree", "sys/firmware/devicetree/base", "run/edgeprof/device-tree")
# Containers cannot mount files of /proc, so people copy the model here and mount that.
_COPIED_MODEL = "tmp/nv_jetson_model"
_PART = r"(\+?)(p\d{4}-\d{4})"  # nvidia,p3768-0000+p3767-0005-super
_MODULES = ("p3834", "p3767", "p3701", "p3668", "p2888", "p3448")  # the other part of such a pair is the carrier


def model(root: Path) -> Optional[str]:
    """The board's own words for itself. Carriers replace them, so they identify nothing."""
    for path in (*(root / folder / "model" for folder in _FOLDERS), root / _COPIED_MODEL):
        words = text_of(path).split("\0")[0].strip()
        if words:
            return words
    return None


def compatible(root: Path) -> Tuple[str, ...]:
    """What the device tree says it fits, the most specific first."""
    for folder in _FOLDERS:
        words = words_of(root / folder / "compatible")
        if words:
            return tuple(words)
    return ()


def module(entries: Sequence[str]) -> Optional[str]:
    """The module among them: p3767-0005 of `nvidia,p3768-0000+p3767-0005-super`, or a Raspberry Pi's own entry."""
    parts: List[Tuple[str, str]] = [match for entry in entries for match in re.findall(_PART, entry)]
    known = [number for _, number in parts if number.startswith(_MODULES)]
    joined = [number for plus, number in parts if plus]
    pi = [entry for entry in entries if entry.startswith("raspberrypi,")]
    alone = [number for _, number in parts] if len({number for _, number in parts}) == 1 else []
    return next(iter((*known, *joined, *pi, *alone)), None)


def chip(entries: Sequence[str]) -> Optional[str]:
    """tegra234 of `nvidia,tegra234`, bcm2712 of `brcm,bcm2712`."""
    for entry in entries:
        match = re.fullmatch(r"nvidia,(tegra\d+)|brcm,(bcm\d+)", entry)
        if match:
            return match.group(1) or match.group(2)
    return None


def dla_count(root: Path) -> Optional[int]:
    """How many deep learning accelerators the kernel made devices of; None where it cannot be told."""
    # 15880000.nvdla0 and 158c0000.nvdla1: a module whose DLA is fused off has the node, and it is disabled
    made = {path.name.rpartition(".")[2] for path in (root / "sys/bus/platform/devices").glob("*.nvdla[0-9]")}
    if made:
        return len(made)
    nodes = {path.name: path for folder in _FOLDERS for path in _dla_nodes(root / folder)}
    if not nodes:
        return None
    return sum("disabled" not in text_of(path / "status") for path in nodes.values())


def _dla_nodes(tree: Path) -> List[Path]:
    return [path for pattern in ("host1x*/nvdla*", "bus@0/host1x*/nvdla*") for path in tree.glob(pattern)]
