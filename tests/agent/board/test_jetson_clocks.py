"""Whether clocks are locked, from sysfs and from what jetson_clocks shows under three JetPacks."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.board.trees import orin_nano, write
from edgeprof.agent.board import jetson_clocks

JP6 = """\
SOC family:tegra234  Machine:Lanner EAI-I233
Online CPUs: 0-11
cpu0:  Online=1 Governor=schedutil MinFreq=729600 MaxFreq=1497600 CurrentFreq=1497600 IdleStates: WFI=1 c7=1
GPU MinFreq=306000000 MaxFreq=816000000 CurrentFreq=306000000
Active GPU TPCs: 8
EMC MinFreq=204000000 MaxFreq=3199000000 CurrentFreq=2133000000 FreqOverride=0
DLA0_CORE:   Online=1 MinFreq=0 MaxFreq=1369600000 CurrentFreq=1369600000
FAN Dynamic Speed Control=nvfancontrol hwmon0_pwm1=102
NV Power Mode: MODE_50W
"""
JP7_LOCKED = """\
SOC family:tegra234  Machine:NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super
Online CPUs: 0-5, Offline CPUs:
cpu0:  Governor=schedutil MinFreq=1344000 MaxFreq=1344000 CurrentFreq=1344000 IdleStates: WFI=0 c7=0
GPU MinFreq=918000000 MaxFreq=918000000 CurrentFreq=918000000
Active GPU TPCs: 4
EMC MinFreq=204000000 MaxFreq=3199000000 CurrentFreq=3199000000
NV Power Mode: 25W
"""
JP4 = """\
SOC family:tegra186  Machine:quill
Online CPUs: 0,3-5
cpu0: Online=1 Governor=schedutil MinFreq=345600 MaxFreq=2035200 CurrentFreq=345600 IdleStates: C1=1 c7=1
GPU MinFreq=114750000 MaxFreq=1122000000 CurrentFreq=114750000
EMC MinFreq=40800000 MaxFreq=1600000000 CurrentFreq=1600000000 FreqOverride=0
Fan: speed=0
NV Power Mode: MAXP_CORE_ARM
"""
NOT_ROOT = "Error: Run this script(/usr/bin/jetson_clocks) as a root user\n"


@pytest.mark.parametrize(
    ("shown", "locked", "units"), [(JP6, False, 8), (JP7_LOCKED, True, 4), (JP4, False, None), (NOT_ROOT, None, None)]
)
def test_what_jetson_clocks_shows_is_read(shown: str, locked: Optional[bool], units: Optional[int]) -> None:
    assert jetson_clocks.locked_of_show(shown) is locked
    assert jetson_clocks.tpcs_of_show(shown) == units


def test_a_core_that_may_still_move_is_not_locked() -> None:
    assert jetson_clocks.locked_of_show(JP7_LOCKED.replace("MinFreq=1344000", "MinFreq=729600")) is False


def test_a_core_that_cannot_be_read_leaves_it_unknown() -> None:
    assert jetson_clocks.locked_of_show(JP7_LOCKED.replace("MinFreq=1344000", "MinFreq=")) is None
    assert jetson_clocks.locked_of_show(JP7_LOCKED + "cpu5: Online=0 Governor= MinFreq= MaxFreq=\n") is True


def test_a_gpu_whose_power_is_off_has_no_clock_that_stands_still() -> None:
    off = JP7_LOCKED.replace("=918000000", "=0").replace("TPCs: 4", "TPCs: 0")

    assert (jetson_clocks.locked_of_show(off), jetson_clocks.tpcs_of_show(off)) == (None, None)


SHOWN = st.sampled_from([JP6, JP7_LOCKED, JP4, NOT_ROOT])


@given(SHOWN, st.data())
def test_what_was_cut_anywhere_tells_the_truth_or_nothing(shown: str, data: st.DataObject) -> None:
    cut = shown[: data.draw(st.integers(0, len(shown)))]

    assert jetson_clocks.locked_of_show(cut) in (None, jetson_clocks.locked_of_show(shown))
    assert jetson_clocks.tpcs_of_show(cut) in (None, jetson_clocks.tpcs_of_show(shown))


@given(SHOWN, st.lists(st.tuples(st.integers(0, 500), st.characters()), min_size=1, max_size=10), st.text(max_size=50))
def test_garbled_words_of_it_are_no_error_and_no_0(shown: str, changes, more: str) -> None:  # type: ignore[no-untyped-def]
    garbled = list(shown)
    for at, character in changes:
        garbled[at % len(garbled)] = character
    for text in ("".join(garbled), "Active GPU TPCs: " + more, "GPU MinFreq=" + more, "Active GPU TPCs: " + "9" * 5000):
        assert jetson_clocks.locked_of_show(text) in (None, True, False)
        assert jetson_clocks.tpcs_of_show(text + "\n") != 0


def test_sysfs_tells_without_root(tmp_path: Path) -> None:
    orin_nano(tmp_path)

    assert jetson_clocks.clocks_locked(tmp_path) is False


def lock(root: Path) -> None:
    gpu, cpu = "sys/class/devfreq/17000000.gpu", "sys/devices/system/cpu/cpu0/cpufreq"
    write(
        root,
        {
            f"{gpu}/min_freq": "918000000\n",
            f"{gpu}/cur_freq": "918000000\n",
            f"{cpu}/scaling_min_freq": "1344000\n",
        },
    )


def test_clocks_whose_limits_meet_are_locked(tmp_path: Path) -> None:
    lock(orin_nano(tmp_path))

    assert jetson_clocks.clocks_locked(tmp_path) is True


@pytest.mark.parametrize(
    "changed", ["sys/class/devfreq/17000000.gpu/cur_freq", "sys/class/devfreq/17000000.gpu/min_freq"]
)
def test_one_clock_of_the_gpu_below_the_others_is_not_locked(tmp_path: Path, changed: str) -> None:
    lock(orin_nano(tmp_path))
    write(tmp_path, {changed: "306000000\n"})

    assert jetson_clocks.clocks_locked(tmp_path) is False


@pytest.mark.parametrize(
    ("governors", "locked"), [(["performance", "performance"], True), (["performance", "ondemand"], False)]
)
def test_on_other_machines_the_governor_tells(tmp_path: Path, governors: list, locked: bool) -> None:  # type: ignore[type-arg]
    for n, governor in enumerate(governors):
        write(tmp_path, {f"sys/devices/system/cpu/cpu{n}/cpufreq/scaling_governor": f"{governor}\n"})

    assert jetson_clocks.clocks_locked(tmp_path) is locked


def test_an_offline_core_has_no_say(tmp_path: Path) -> None:
    write(tmp_path, {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n"})
    (tmp_path / "sys/devices/system/cpu/cpu1/cpufreq").mkdir(parents=True)

    assert jetson_clocks.clocks_locked(tmp_path) is True


def test_a_machine_that_shows_no_clocks_is_not_known(tmp_path: Path) -> None:
    assert jetson_clocks.clocks_locked(tmp_path) is None
