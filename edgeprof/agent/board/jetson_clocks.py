"""Whether the clocks stand still: from sysfs without root, and from `jetson_clocks --show` with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

from edgeprof.agent.board.reading import number_of, text_of
from edgeprof.agent.telemetry.devfreq import gpu_folder

_SHOWN_GPU = re.compile(r"^GPU MinFreq=(\d+) MaxFreq=(\d+) CurrentFreq=(\d+)", re.MULTILINE)
_SHOWN_CPU = re.compile(r"^cpu\d+:.*?MinFreq=(\d+) MaxFreq=(\d+)", re.MULTILINE)


def clocks_locked(root: Path) -> Optional[bool]:
    """Whether neither the GPU's clock nor the cores' can move; None where no clock is visible."""
    seen = [locked for locked in (_gpu_locked(root), _cpu_locked(root)) if locked is not None]
    return all(seen) if seen else None


def locked_of_show(text: str) -> Optional[bool]:
    """The same of what `jetson_clocks --show` prints: GPU in Hz, cores in kHz."""
    gpu = _SHOWN_GPU.search(text)
    if gpu is None:
        return None
    return len(set(gpu.groups())) == 1 and all(low == high for low, high in _SHOWN_CPU.findall(text))


def tpcs_of_show(text: str) -> Optional[int]:
    match = re.search(r"^Active GPU TPCs:\s*(\d+)", text, re.MULTILINE)  # Active GPU TPCs: 8
    return int(match.group(1)) if match else None


def _gpu_locked(root: Path) -> Optional[bool]:
    folder = gpu_folder(root)
    if folder is None:
        return None
    clocks = [number_of(folder / f"{name}_freq") for name in ("min", "cur", "max")]
    return None if None in clocks else len(set(clocks)) == 1


def _cpu_locked(root: Path) -> Optional[bool]:
    """By limits that meet, or by the governor that always asks for the highest."""
    seen = []
    for folder in sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq")):
        low, high = number_of(folder / "scaling_min_freq"), number_of(folder / "scaling_max_freq")
        governor = text_of(folder / "scaling_governor").strip()
        if governor or low is not None:  # an offline core has nothing to read
            seen.append(governor == "performance" or (low is not None and low == high))
    return all(seen) if seen else None
