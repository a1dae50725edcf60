"""The clocks of a GPU and of the memory as devfreq and the firmware tell them, and how busy the GPU is."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, Optional, Tuple

from edgeprof.agent.telemetry.gauge import Gauge, gauge_at, shown, words_at
from edgeprof.agent.telemetry.source import Readings, Source

_GPU_NODES = {"gpu", "gv11b", "gp10b", "ga10b", "gb10b"}
_GPU_FOLDERS = ("gpu-gpc-0", "gpu-nvd-0")  # Thor's have no node in the device tree
_LOADS = (
    "sys/devices/gpu.0/load",  # JetPack 4 and 5
    "sys/devices/platform/gpu.0/load",
    "sys/devices/platform/bus@0/17000000.gpu/load",
)
_MEMORY = (
    "sys/class/devfreq/bwmgr/cur_freq",  # Thor
    "sys/kernel/debug/bpmp/debug/clk/emc/rate",  # root's
)


def source_of(root: Path) -> Optional[Source]:
    gauges: Dict[str, Tuple[Gauge, str]] = {}
    for series, paths, scale in _asked(root):
        for path in paths:
            gauge = gauge_at(path, scale)
            if gauge is not None:
                gauges[series] = (gauge, shown(path, root))
                break
    if not gauges:
        return None

    def read() -> Readings:
        values = {series: gauge.read() for series, (gauge, _) in gauges.items()}
        # A clock of 0 is one whose power is off; a load of 0 is a GPU that rests.
        return {series: v for series, v in values.items() if v is not None and (v > 0 or series == "gpu_load")}

    def close() -> None:
        for gauge, _ in gauges.values():
            gauge.close()

    return Source(read, lambda series: gauges[series][1], close=close)


def gpu_folder(root: Path) -> Optional[Path]:
    """The GPU's among the devfreq devices."""
    folders = sorted(root.glob("sys/class/devfreq/*"))
    named = [folder for folder in folders if words_at(folder / "device/of_node/name") in _GPU_NODES]
    named += [folder for folder in folders if folder.name in _GPU_FOLDERS]
    named += [folder for folder in folders if folder.name.rpartition(".")[2] in _GPU_NODES]
    return named[0] if named else None


def _asked(root: Path) -> Iterator[Tuple[str, Tuple[Path, ...], float]]:
    loads = tuple(root / path for path in _LOADS)
    gpu = gpu_folder(root)
    if gpu is not None:
        yield "gpu_hz", (gpu / "cur_freq",), 1.0
        loads = (*loads, gpu / "device/load")
    yield "gpu_load", loads, 1e-3  # it counts in thousandths
    yield "memory_hz", tuple(root / path for path in _MEMORY), 1.0
