"""Put a recorded Jetson's files into a folder, where the agent finds them with EDGEPROF_ROOT naming it."""

from __future__ import annotations

import re
from pathlib import Path

from board.dresses import Dress, Mode

_SENSOR = re.compile(r" (\w+)@(-?[\d.]+)C")  # cpu@48.562C
_RAIL = re.compile(r" (\w+) (\d+)mW/\d+mW")  # VDD_IN 5251mW/8535mW
_CORES = re.compile(r" CPU \[([^\]]+)\]")  # CPU [0%@1497,0%@729]
_RAM = re.compile(r"RAM (\d+)/(\d+)MB")  # RAM 1343/7620MB
_HWMON = "sys/class/hwmon"
_VOLT_MV = 5000  # the lines have watts only; any voltage and the current that goes with it make the same watts

TEGRASTATS = """#!/bin/sh
# Prints the recorded lines over and over, as often as it is told.
interval=1000
while [ $# -gt 0 ]; do
    case $1 in
    --interval) interval=$2; shift 2 ;;
    *) echo "tegrastats: unknown option $1" >&2; exit 1 ;;
    esac
done
while :; do
    while IFS= read -r line; do
        printf '%s\\n' "$line" 2>/dev/null || exit 0
        sleep "$((interval / 1000)).$(printf %03d "$((interval % 1000))")"
    done <"$(dirname "$0")/tegrastats.lines"
done
"""
NVPMODEL = """#!/bin/sh
# Answers -q as the board did; it changes nothing.
case ${1:-} in
-q) printf 'NV Power Mode: %s\\n%s\\n' NAME NUMBER ;;
*) echo "nvpmodel: permission denied" >&2; exit 1 ;;
esac
"""
JETSON_CLOCKS = """#!/bin/sh
echo "Error: Run this script($0) as a root user"
exit 1
"""


def dress(root: Path, worn: Dress) -> None:
    """Write everything that the board would have; the folder may be there, and is then added to."""
    line = worn.lines[0]
    _identity(root, worn)
    _memory(root, line)
    _cores(root, line)
    _modes(root, worn)
    _gpu(root, worn)
    _zones(root, line)
    _rails(root, line)
    _programs(root, worn)


def _identity(root: Path, worn: Dress) -> None:
    _write(root / "proc/device-tree/model", f"{worn.model}\0")
    _write(root / "proc/device-tree/compatible", "".join(f"{entry}\0" for entry in worn.compatible))
    later = "" if worn.release.startswith("# R35") else "# KERNEL_VARIANT: oot\nTARGET_USERSPACE_LIB_DIR=nvidia\n"
    _write(root / "etc/nv_tegra_release", f"{worn.release}\n{later}")
    _write(root / "usr/local/cuda/version.json", f'{{"cuda": {{"name": "CUDA SDK", "version": "{worn.cuda}"}}}}\n')
    _write(root / f"usr/lib/aarch64-linux-gnu/libnvinfer.so.{worn.tensorrt}", "")
    for device in ("15880000.nvdla0", "158c0000.nvdla1")[: worn.dla]:
        (root / "sys/bus/platform/devices" / device).mkdir(parents=True, exist_ok=True)


def _memory(root: Path, line: str) -> None:
    used, total = map(int, _found(_RAM, line).groups())
    free = (total - used) * 1024
    text = f"MemTotal: {total * 1024:>12} kB\nMemFree: {free // 2:>12} kB\nMemAvailable: {free:>12} kB\n"
    _write(root / "proc/meminfo", text)


def _cores(root: Path, line: str) -> None:
    for number, core in enumerate(_found(_CORES, line).group(1).split(",")):
        khz = int(core.partition("@")[2]) * 1000
        folder = root / f"sys/devices/system/cpu/cpu{number}/cpufreq"
        _write(folder / "scaling_governor", "schedutil\n")
        for name, value in (("cur", khz), ("min", 729_600), ("max", 2_201_600)):
            _write(folder / f"scaling_{name}_freq", f"{value}\n")


def _modes(root: Path, worn: Dress) -> None:
    blocks = [_block(mode) for mode in worn.modes]
    text = "\n".join([*blocks, f"< PM_CONFIG DEFAULT={worn.default} >\n"])
    _write(root / "etc/nvpmodel" / worn.conf, f"# POWER_MODEL ID=99 NAME=COMMENTED_OUT\n{text}")
    conf = root / "etc/nvpmodel.conf"
    conf.unlink(missing_ok=True)
    conf.symlink_to(f"nvpmodel/{worn.conf}")
    _write(root / "var/lib/nvpmodel/status", f"pmode:{worn.mode:04d} fmode:quiet\n")


def _block(mode: Mode) -> str:
    lines = [f"< POWER_MODEL ID={mode.number} NAME={mode.name} >"]
    lines += [f"CPU_ONLINE CORE_{core} 1" for core in range(mode.cores)]
    if mode.tpcs is not None:
        lines.append(f"TPC_POWER_GATING TPC_PG_MASK {_mask(mode.tpcs)}")
    for name, mhz in (("CPU_A78_0 MAX_FREQ", mode.cpu_mhz), ("GPU MAX_FREQ", mode.gpu_mhz)):
        lines.append(f"{name} {-1 if mhz is None else int(mhz * 1000 if 'CPU' in name else mhz * 1e6)}")
    lines.append(f"EMC MAX_FREQ {0 if mode.emc_mhz is None else int(mode.emc_mhz * 1e6)}")
    return "\n".join([*lines, ""])


def _mask(tpcs: int) -> int:
    """A set bit switches off one of eight."""
    return 0xFF & ~((1 << min(tpcs, 8)) - 1)


def _gpu(root: Path, worn: Dress) -> None:
    low, high = worn.gpu_hz
    folder = root / "sys/class/devfreq" / worn.devfreq
    for name, value in (("cur", low), ("min", low), ("max", high)):
        _write(folder / f"{name}_freq", f"{value}\n")
    _write(folder / "available_frequencies", f"{low} {high}\n")
    _write(folder / "governor", "nvhost_podgov\n")
    if worn.gpu_node is None:
        return  # Thor: no node, and nobody has seen a load or a mask there
    _write(folder / "device/of_node/name", f"{worn.gpu_node}\0")
    gpu = root / ("sys/devices/gpu.0" if worn.release.startswith("# R35") else "sys/devices/platform/gpu.0")
    _write(gpu / "load", "0\n")
    tpcs = next(mode.tpcs for mode in worn.modes if mode.number == worn.mode)
    if tpcs is not None:
        _write(gpu / "tpc_pg_mask", f"{_mask(tpcs)}\n")


def _zones(root: Path, line: str) -> None:
    sensors = _SENSOR.findall(line)
    for number, (name, celsius) in enumerate(sensors):
        folder = root / f"sys/devices/virtual/thermal/thermal_zone{number}"
        _write(folder / "type", f"{name}-{'therm' if name.isupper() else 'thermal'}\n")
        _write(folder / "temp", f"{round(float(celsius) * 1000)}\n")
        _link(root / f"sys/class/thermal/thermal_zone{number}", f"../../devices/virtual/thermal/thermal_zone{number}")


def _rails(root: Path, line: str) -> None:
    chip = root / _HWMON / "hwmon1"
    _write(chip / "name", "ina3221\n")
    for number, (name, milliwatt) in enumerate(_RAIL.findall(line), start=1):
        _write(chip / f"in{number}_label", f"{name}\n")
        _write(chip / f"in{number}_input", f"{_VOLT_MV}\n")
        _write(chip / f"curr{number}_input", f"{round(int(milliwatt) * 1000 / _VOLT_MV)}\n")
        _write(chip / f"curr{number}_max_alarm", "0\n")
    _write(chip / "in7_label", "sum of shunt voltages\n")
    _write(chip / "in7_input", "40\n")
    _link(root / "sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1", "../../../../../../class/hwmon/hwmon1")
    throttle = root / _HWMON / "hwmon2"
    _write(throttle / "name", "soctherm_oc\n")
    for number in (1, 2, 3):
        _write(throttle / f"oc{number}_event_cnt", "0\n")
        _write(throttle / f"oc{number}_throt_en", "1\n")


def _programs(root: Path, worn: Dress) -> None:
    _write(root / "usr/bin/tegrastats.lines", "".join(f"{line}\n" for line in worn.lines))
    _write(root / "usr/bin/tegrastats", TEGRASTATS, mode=0o755)
    answers = NVPMODEL.replace("NAME", worn.mode_name).replace("NUMBER", str(worn.mode))
    _write(root / "usr/sbin/nvpmodel", answers, mode=0o755)
    _write(root / "usr/bin/jetson_clocks", JETSON_CLOCKS, mode=0o755)
    _write(root / "usr/src/tensorrt/bin/trtexec", "#!/bin/sh\nexit 1\n", mode=0o755)


def _found(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    match = pattern.search(line)
    assert match, f"{pattern.pattern} in {line}"
    return match


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
