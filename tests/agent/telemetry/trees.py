"""Folders that stand in for a device's root."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Mapping, Union

Content = Union[str, int]


def written(root: Path, files: Mapping[str, Content]) -> Path:
    """Files by their path below the root; a number is written as drivers do, with the end of its line."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else f"{content}\n")
    return root


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def replaying(path: Path, lines: Path, pause_s: float = 0.05) -> Path:
    """A tegrastats that prints recorded lines again and again."""
    return script(
        path, f"while :; do while read -r line; do printf '%s\\n' \"$line\"; sleep {pause_s}; done < '{lines}'; done"
    )


ORIN: Dict[str, Content] = {
    "proc/device-tree/compatible": "nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234\0",
    "proc/device-tree/model": "NVIDIA Jetson Orin Nano Developer Kit\0",
    "proc/meminfo": "MemTotal:        7802880 kB\nMemFree:          400000 kB\nMemAvailable:    5000000 kB\n",
    "sys/class/devfreq/17000000.gpu/device/of_node/name": "gpu\0",
    "sys/class/devfreq/17000000.gpu/cur_freq": 305000000,
    "sys/devices/platform/bus@0/17000000.gpu/load": 250,
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": 45812,
    "sys/class/thermal/thermal_zone0/trip_point_0_type": "passive\n",
    "sys/class/thermal/thermal_zone0/trip_point_0_temp": 99000,
    "sys/class/thermal/thermal_zone1/type": "cv0-thermal\n",
    "sys/class/thermal/thermal_zone1/temp": -256000,
    "sys/class/hwmon/hwmon0/name": "soctherm_oc\n",
    "sys/class/hwmon/hwmon0/oc1_event_cnt": 0,
    "sys/class/hwmon/hwmon0/oc2_event_cnt": 3,
    "sys/class/hwmon/hwmon0/oc3_event_cnt": 27390,
    "sys/class/hwmon/hwmon1/name": "ina3221\n",
    "sys/class/hwmon/hwmon1/in1_label": "VDD_IN\n",
    "sys/class/hwmon/hwmon1/in1_input": 4960,
    "sys/class/hwmon/hwmon1/curr1_input": 1000,
    "sys/class/hwmon/hwmon1/in2_label": "VDD_CPU_GPU_CV\n",
    "sys/class/hwmon/hwmon1/in2_input": 4960,
    "sys/class/hwmon/hwmon1/curr2_input": 120,
    "sys/class/hwmon/hwmon1/in3_label": "VDD_SOC\n",
    "sys/class/hwmon/hwmon1/in3_input": 4960,
    "sys/class/hwmon/hwmon1/curr3_input": 240,
    "sys/class/hwmon/hwmon1/in7_label": "sum of shunt voltages\n",
    "sys/class/hwmon/hwmon1/in7_input": 12,
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": 729600,
    "etc/nvpmodel.conf": "< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=1 NAME=25W >\n< PM_CONFIG DEFAULT=1 >\n",
    "var/lib/nvpmodel/status": "pmode:0001 fmode:fan_mode_quiet\n",
}
