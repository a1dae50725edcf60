"""Five Jetsons as they were recorded: what their files say, and lines that their tegrastats printed.

The lines, releases and compatible strings are what boards printed. The files of sysfs are put together from
the lines' figures, and nvpmodel's conf from the figures of the modes, since its own files may not be passed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LINES = Path(__file__).parents[1] / "data" / "tegrastats"


@dataclass(frozen=True)
class Mode:
    """A power mode by its number on that board; None where nobody has written it down."""

    number: int
    name: str
    cores: int
    tpcs: int | None = None
    gpu_mhz: float | None = None
    cpu_mhz: float | None = None
    emc_mhz: float | None = None


@dataclass(frozen=True)
class Dress:
    name: str
    recorded: tuple[str, ...]  # files of tests/data/tegrastats
    profile: str  # what a probe has to find
    model: str
    compatible: tuple[str, ...]
    release: str
    jetpack: str
    conf: str
    modes: tuple[Mode, ...]
    default: int
    mode: int  # the one it is in
    devfreq: str
    gpu_node: str | None  # its name in the device tree
    gpu_hz: tuple[int, int]
    tensorrt: str
    cuda: str
    dla: int = 0

    @property
    def lines(self) -> list[str]:
        return [line for name in self.recorded for line in (LINES / f"{name}.txt").read_text().splitlines()]

    @property
    def mode_name(self) -> str:
        return next(mode.name for mode in self.modes if mode.number == self.mode)


def release(major: int, revision: str, gcid: int, date: str, board: str = "generic") -> str:
    """The first line of /etc/nv_tegra_release."""
    return f"# R{major} (release), REVISION: {revision}, GCID: {gcid}, BOARD: {board}, EABI: aarch64, DATE: {date}"


R35_4_1 = release(35, "4.1", 33958178, "Tue Aug  1 19:57:35 UTC 2023", board="t186ref")
R36_4_3 = release(36, "4.3", 38968081, "Wed Jan  8 01:49:37 UTC 2025")
R36_4_4 = release(36, "4.4", 41062509, "Mon Jun 16 16:07:13 UTC 2025")
R38_4_0 = release(38, "4.0", 43443517, "Wed Dec 31 00:15:19 UTC 2025")

ORIN_NANO = Dress(
    name="orin-nano-jp6.2",
    recorded=("orin-nano-super-jp6.2-idle", "orin-nano-super-jp6.2-loaded"),
    profile="orin-nano-8gb",
    model="NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super",
    compatible=("nvidia,p3768-0000+p3767-0005-super", "nvidia,p3767-0005", "nvidia,tegra234"),
    release=R36_4_3,
    jetpack="6.2",
    conf="nvpmodel_p3767_0003_super.conf",
    modes=(
        Mode(0, "15W", 6, 4, 612, 1497.6, 2133),
        Mode(1, "25W", 6, 4, 918, 1344, 3199),
        Mode(2, "MAXN_SUPER", 6, 4, 1020, 1728, 3199),
    ),
    default=1,
    mode=0,
    devfreq="17000000.gpu",
    gpu_node="gpu",
    gpu_hz=(306_000_000, 612_000_000),
    tensorrt="10.3.0",
    cuda="12.6.68",
)
AGX_ORIN = Dress(
    name="agx-orin-jp6.2.1",
    recorded=("agx-orin-64gb-jp6.2.1-root",),
    profile="agx-orin-64gb",
    model="NVIDIA Jetson AGX Orin Developer Kit",
    compatible=("nvidia,p3737-0000+p3701-0005", "nvidia,p3701-0005", "nvidia,tegra234"),
    release=R36_4_4,
    jetpack="6.2.1",
    conf="nvpmodel_p3701_0000.conf",
    modes=(
        Mode(0, "MAXN", 12, 8, 1301, 2201.6, 3199),
        Mode(1, "MODE_15W", 4, 3, 408, 1113.6, 2133),
        Mode(2, "MODE_30W", 8, 4, 612, 1728, 3199),
        Mode(3, "MODE_50W", 12, 8, 816, 1497.6, 3199),
    ),
    default=2,
    mode=0,
    devfreq="17000000.gpu",
    gpu_node="gpu",
    gpu_hz=(306_000_000, 1_300_500_000),
    tensorrt="10.3.0",
    cuda="12.6.68",
    dla=2,
)
ORIN_NX = Dress(
    name="orin-nx-jp6.2",
    recorded=("orin-nx-16gb-jp6.2",),
    profile="orin-nx-16gb",
    model="NVIDIA Jetson Orin NX Engineering Reference Developer Kit",
    compatible=("nvidia,p3768-0000+p3767-0000", "nvidia,p3767-0000", "nvidia,tegra234"),
    release=R36_4_3,
    jetpack="6.2",
    conf="nvpmodel_p3767_0000.conf",
    modes=(
        Mode(0, "MAXN", 8, 4, 918),
        Mode(1, "10W", 4, 2, 612, 1190.4, 2133),
        Mode(2, "15W", 4, 2, 612, 1420.8),
        Mode(3, "25W", 8, 4, 408, 1497.6),
    ),
    default=2,
    mode=3,
    devfreq="17000000.gpu",
    gpu_node="gpu",
    gpu_hz=(306_000_000, 408_000_000),
    tensorrt="10.3.0",
    cuda="12.6.68",
    dla=2,
)
AGX_THOR = Dress(
    name="agx-thor-jp7.1",
    recorded=("agx-thor-jp7.1",),
    profile="agx-thor",
    model="NVIDIA Jetson AGX Thor Developer Kit",
    compatible=("nvidia,p4071-0000+p3834-0008", "nvidia,p3834-0008", "nvidia,tegra264"),
    release=R38_4_0,
    jetpack="7.1",
    conf="nvpmodel_p3834_0008.conf",
    modes=(
        Mode(0, "MAXN", 14, 10, 1575, 2601),
        Mode(1, "120W", 14, 10, 1386),
        Mode(2, "90W", 12, 6, 1530),
        Mode(3, "70W", 12, 6, 1530),
    ),
    default=1,
    mode=1,
    devfreq="gpu-gpc-0",
    gpu_node=None,
    gpu_hz=(315_000_000, 1_386_000_000),
    tensorrt="10.13.3",
    cuda="13.0.0",
)
XAVIER_NX = Dress(
    name="xavier-nx-jp5.1.2",
    recorded=("xavier-nx-jp5.1.2",),
    profile="xavier-nx",
    model="NVIDIA Jetson Xavier NX Developer Kit",
    compatible=("nvidia,p3449-0000+p3668-0001", "nvidia,tegra194"),
    release=R35_4_1,
    jetpack="5.1.2",
    conf="nvpmodel_p3668.conf",
    modes=(
        Mode(0, "15W_2CORE", 2, gpu_mhz=1109.25),
        Mode(1, "15W_4CORE", 4, gpu_mhz=1109.25),
        Mode(2, "15W_6CORE", 6, gpu_mhz=1109.25),
        Mode(3, "10W_2CORE", 2, gpu_mhz=803),
        Mode(4, "10W_4CORE", 4, gpu_mhz=803),
        Mode(5, "10W_DESKTOP", 4, gpu_mhz=510),
        Mode(8, "20W_6CORE", 6, gpu_mhz=1109.25),
    ),
    default=2,
    mode=2,
    devfreq="17000000.gv11b",
    gpu_node="gv11b",
    gpu_hz=(114_750_000, 1_109_250_000),
    tensorrt="8.5.2",
    cuda="11.4.19",
    dla=2,
)
DRESSES = {dress.name: dress for dress in (ORIN_NANO, AGX_ORIN, ORIN_NX, AGX_THOR, XAVIER_NX)}
