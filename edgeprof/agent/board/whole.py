"""What machine this is, read from its files; a command is started only where a board's files leave a gap."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Dict, Optional, Tuple

from edgeprof.agent.board import device_tree, gpu, jetpack, jetson_clocks, nvpmodel, software
from edgeprof.agent.board.container import in_container
from edgeprof.agent.board.kind import kind_of
from edgeprof.agent.board.reading import answer_of
from edgeprof.agent.files import bytes_of, text_of
from edgeprof.agent.telemetry import thermal
from edgeprof.agent.telemetry.devfreq import gpu_folder
from edgeprof.core.board import Board


def read(root: Path = Path("/"), machine: Optional[str] = None) -> Board:
    """The board as it is now; `machine` is the architecture of its processor."""
    from edgeprof.agent.clocks.record import held  # here, because it looks at the board too

    entries = device_tree.compatible(root)
    chip = device_tree.chip(entries)
    module = device_tree.module(entries)
    kind = kind_of(root, machine or os.uname().machine)
    is_jetson = kind == "jetson"
    l4t = jetpack.l4t(root, asks=is_jetson)
    modes = nvpmodel.modes(root)
    default = modes.of_id(modes.default)
    units, locked = _units_and_clocks(root, chip, module, is_jetson=is_jetson)
    return Board(
        kind=kind,
        model=device_tree.model(root),
        compatible=entries,
        module=module,
        chip=chip,
        memory_bytes=bytes_of("MemTotal", text_of(root / "proc/meminfo")),
        gpu_units=units,
        dla=device_tree.dla_count(root),
        l4t=l4t,
        jetpack=jetpack.jetpack(l4t, asks=is_jetson),
        cuda=software.cuda(root),
        tensorrt=software.tensorrt(root, asks=is_jetson),
        trtexec=software.trtexec(root),
        power_mode=nvpmodel.power_mode(root),
        power_modes=tuple(mode.name for mode in modes.modes),
        power_mode_ids={mode.name: mode.id for mode in modes.modes},
        default_power_mode=default.name if default else None,
        power_conf=_power_conf(root),
        clocks_locked=locked,
        container=in_container(root),
        disk_free_bytes=_disk_free_bytes(Path(sys.argv[0]).parent),
        hold=held(root),
        **gpu.facts(root, is_jetson=is_jetson),
    )


def temperatures(root: Path) -> Dict[str, float]:
    """Degrees Celsius by zone; empty where none is visible, as on most virtual machines."""
    source = thermal.source_of(root)
    if source is None:
        return {}
    try:
        return {name: value for name, value in source.read().items() if name.startswith("temperature_")}
    finally:
        source.close()


def _units_and_clocks(
    root: Path, chip: Optional[str], module: Optional[str], *, is_jetson: bool
) -> Tuple[Optional[int], Optional[bool]]:
    """The TPCs that are on, and whether clocks are locked; jetson_clocks is asked for what sysfs leaves open."""
    units = nvpmodel.tpc_count(nvpmodel.tpc_mask(root), chip, module)
    locked = jetson_clocks.clocks_locked(root)
    knows_gpu = gpu_folder(root) is not None
    if is_jetson and not knows_gpu:
        locked = None  # the cores alone say nothing of what is measured
    if not is_jetson or (units is not None and knows_gpu) or os.geteuid() != 0:
        return units, locked
    shown = answer_of(["jetson_clocks", "--show"]) or ""
    if units is None:
        units = nvpmodel.plausible_tpcs(jetson_clocks.tpcs_of_show(shown), chip, module)
    return units, locked if knows_gpu else jetson_clocks.locked_of_show(shown)


def _power_conf(root: Path) -> Optional[str]:
    try:
        return os.path.basename(os.readlink(str(root / nvpmodel.CONF)))
    except OSError:
        return None


def _disk_free_bytes(folder: Path) -> Optional[int]:
    try:
        found = os.statvfs(str(folder))
    except OSError:
        return None
    return found.f_bavail * found.f_frsize
