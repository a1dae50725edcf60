"""Folders that look like boards: the files that a board is known by, as they were recorded."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Dict, Mapping

TREE = "sys/firmware/devicetree/base"

RELEASES = {
    "32.7.1": "# R32 (release), REVISION: 7.1, GCID: 29689809, BOARD: t186ref, EABI: aarch64, "
    "DATE: Wed Feb  2 21:33:23 UTC 2022",
    "35.3.1": "# R35 (release), REVISION: 3.1, GCID: 32790763, BOARD: t186ref, EABI: aarch64, "
    "DATE: Wed Mar 15 07:54:12 UTC 2023",
    "36.4.4": "# R36 (release), REVISION: 4.4, GCID: 41062509, BOARD: generic, EABI: aarch64, "
    "DATE: Mon Jun 16 16:07:13 UTC 2025",
    "38.4.0": "# R38 (release), REVISION: 4.0, GCID: 43443517, BOARD: generic, EABI: aarch64, "
    "DATE: Wed Dec 31 00:15:19 UTC 2025",
    "39.2.0": "# R39 (release), REVISION: 2.0, GCID: 45755727, BOARD: generic, EABI: aarch64, "
    "DATE: Mon Jun  1 09:28:48 PM UTC 2026",
}

AGX_ORIN_CONF = """\
# mandatory section to configure the parameters
< PARAM TYPE=FILE NAME=CPU_ONLINE >
CORE_0 /sys/devices/system/cpu/cpu0/online
< PARAM TYPE=FILE NAME=TPC_POWER_GATING >
TPC_PG_MASK /sys/devices/gpu.0/tpc_pg_mask

< POWER_MODEL ID=0 NAME=MAXN >
CPU_ONLINE CORE_0 1
TPC_POWER_GATING TPC_PG_MASK 0
GPU MAX_FREQ -1
EMC MAX_FREQ 0

< POWER_MODEL ID=1 NAME=MODE_15W >
TPC_POWER_GATING TPC_PG_MASK 248
GPU MAX_FREQ 408000000

< POWER_MODEL ID=2 NAME=MODE_30W >
TPC_POWER_GATING TPC_PG_MASK 240
GPU MAX_FREQ 612000000

< POWER_MODEL ID=3 NAME=MODE_50W >
TPC_POWER_GATING TPC_PG_MASK 0
GPU MAX_FREQ 816000000

# mandatory section to configure the default power mode
< PM_CONFIG DEFAULT=2 >
< FAN_CONFIG DEFAULT=quiet >
"""

ORIN_NANO_CONF = """\
< POWER_MODEL ID=0 NAME=15W >
TPC_POWER_GATING TPC_PG_MASK 240
< POWER_MODEL ID=1 NAME=25W >
TPC_POWER_GATING TPC_PG_MASK 240
< POWER_MODEL ID=2 NAME=MAXN_SUPER >
TPC_POWER_GATING TPC_PG_MASK 240
< POWER_MODEL ID=3 NAME=7W >
TPC_POWER_GATING TPC_PG_MASK 252
< PM_CONFIG DEFAULT=1 >
"""


def write(root: Path, files: Mapping[str, str]) -> Path:
    """The files below a root, each with the folders it needs."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def orin_nano(root: Path, **changes: str) -> Path:
    """A developer kit with the Super conf under JetPack 6.2.1, in 25W, its clocks free."""
    return write(root, {**ORIN_NANO, **{name.replace("__", "/"): content for name, content in changes.items()}})


ORIN_NANO: Dict[str, str] = {
    f"{TREE}/model": "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\0",
    f"{TREE}/compatible": "nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0",
    f"{TREE}/bus@0/host1x@13e00000/nvdla0@15880000/status": "disabled\0",
    f"{TREE}/bus@0/host1x@13e00000/nvdla1@158c0000/status": "disabled\0",
    "proc/meminfo": "MemTotal:        7802880 kB\nMemAvailable:    5000000 kB\n",
    "proc/sys/kernel/osrelease": "5.15.148-tegra\n",
    "proc/sys/kernel/random/boot_id": "3b5d1f1e-0000-4000-8000-000000000001\n",
    "proc/1/cgroup": "0::/init.scope\n",
    "etc/nv_tegra_release": RELEASES["36.4.4"] + "\n# KERNEL_VARIANT: oot\nTARGET_USERSPACE_LIB_DIR=nvidia\n",
    "etc/nvpmodel.conf": ORIN_NANO_CONF,
    "var/lib/nvpmodel/status": "pmode:0001 fmode:fan_mode_quiet\n",
    "sys/devices/platform/gpu.0/tpc_pg_mask": "240\n",
    "sys/class/devfreq/17000000.gpu/device/of_node/name": "gpu\0",
    "sys/class/devfreq/17000000.gpu/min_freq": "306000000\n",
    "sys/class/devfreq/17000000.gpu/cur_freq": "306000000\n",
    "sys/class/devfreq/17000000.gpu/max_freq": "918000000\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq": "729600\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq": "1344000\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil\n",
    "usr/local/cuda/version.json": '{"cuda": {"name": "CUDA SDK", "version": "12.6.68"}}',
    "usr/lib/aarch64-linux-gnu/libnvinfer.so.10.3.0": "",
    "usr/lib/aarch64-linux-gnu/libnvinfer.so.10": "",
    "usr/src/tensorrt/bin/trtexec": "",
}

RASPBERRY_PI_5: Dict[str, str] = {
    f"{TREE}/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    f"{TREE}/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0",
    "proc/meminfo": "MemTotal:        8245632 kB\n",
    "proc/sys/kernel/osrelease": "6.6.31+rpt-rpi-2712\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq": "1500000\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq": "2400000\n",
}


def script(folder: Path, name: str, text: str) -> Path:
    """A command that stands in for another; the folder goes onto the PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    os.chmod(str(path), stat.S_IRWXU)
    return path
