"""Whether the clocks stand still: from sysfs without root, and from `jetson_clocks --show` with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

from edgeprof.agent.board.reading import number_of
from edgeprof.agent.files import text_of
from edgeprof.agent.telemetry.devfreq import gpu_folder

# A line may be cut anywhere, so a number ends with something after it, and a clock of 0 is one that is off.
_HZ = r"([1-9][0-9]{0,11})\s"
_SHOWN_GPU = rf"(?m)^GPU MinFreq={_HZ}MaxFreq={_HZ}CurrentFreq={_HZ}"
_SHOWN_CORE = r"(?m)^cpu[0-9]+:(?!\s*Online=0)(.*)$"
_SHOWN_LIMITS = rf"MinFreq={_HZ}MaxFreq={_HZ}"


def clocks_locked(root: Path) -> Optional[bool]:
    """Whether neither the GPU's clock nor the cores' can move; None where no clock is visible."""
    seen = [locked for locked in (_gpu_locked(root), _cpu_locked(root)) if locked is not None]
    return all(seen) if seen else None


def locked_of_show(text: str) -> Optional[bool]:
    """The same of what `jetson_clocks --show` prints: GPU in Hz, cores in kHz."""
    gpu = re.search(_SHOWN_GPU, text)
    cores = [re.search(_SHOWN_LIMITS, core + "\n") for core in re.findall(_SHOWN_CORE, text)]
    known = [core for core in cores if core]
    if gpu is None or len(known) < len(cores):
        return None
    return len(set(gpu.groups())) == 1 and all(core.group(1) == core.group(2) for core in known)


def tpcs_of_show(text: str) -> Optional[int]:
    match = re.search(r"^Active GPU TPCs: *([1-9][0-9]{0,2})\n", text, re.MULTILINE)  # Active GPU TPCs: 8
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
