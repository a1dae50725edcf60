"""Files of /sys cut and garbled: never an exception, and never a 0 or a smaller sum that the board did not tell."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Callable, Dict, Iterator, Mapping, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.telemetry.trees import ORIN, Content, written
from edgeprof.agent.telemetry import ina3221, ina3221_alarms, memory, rapl, soctherm, thermal, throttle
from edgeprof.agent.telemetry.source import Source

CORE = "sys/devices/system/cpu/cpu0/thermal_throttle/"
PACKAGE = "sys/class/powercap/intel-rapl:0/"
INTEL: Dict[str, Content] = {
    CORE + "core_throttle_count": 7,
    CORE + "package_throttle_count": 9,
    PACKAGE + "name": "package-0\n",
    PACKAGE + "energy_uj": 123456789,
    PACKAGE + "max_energy_range_uj": 262143328850,
}
CLIENTS = """CLIENT                        PROCESS      PID        SIZE
user                         gpu_burn     7979   23525644K
user                             Xorg     2651      17876K
user                     a long name     7979       2048K
total                                            23549320K
"""
BURNT, HELD = (23525644 + 2048) * 1024, 23525644 * 1024

KNOWN = ["", "\n", "-1\n", "-0\n", "²\n", "1_0\n", "0x10\n", "nan\n", "inf\n", "1e3\n", "9" * 4000, "[N/A]\n", "\0"]
FEW = settings(max_examples=40)  # each writes a folder
RUBBISH = st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")) | st.sampled_from(KNOWN)


def of(folder: str) -> Dict[str, Content]:
    return {name: content for name, content in ORIN.items() if name.startswith(folder)}


MONITOR, OVER_CURRENT, ZONES = of("sys/class/hwmon/hwmon1/"), of("sys/class/hwmon/hwmon0/"), of("sys/class/thermal/")
ALARMS: Dict[str, Content] = {
    **MONITOR,
    **{f"sys/class/hwmon/hwmon1/curr{n}_{alarm}": 1 for n in (1, 2, 3) for alarm in ("max_alarm", "crit_alarm")},
}


@contextmanager
def board(files: Mapping[str, Content]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield written(Path(folder), files)


def garbled(files: Mapping[str, Content]) -> st.SearchStrategy[Dict[str, Content]]:
    """Some of them with other things in them, and the rest as they were."""
    changed = st.dictionaries(st.sampled_from(sorted(files)), RUBBISH, min_size=1)
    return changed.map(lambda found: {**files, **found})


def zeroes(files: Mapping[str, Content]) -> bool:
    """Whether any file says 0 itself."""
    return any(re.fullmatch(r"\s*-?0+\s*", str(content)) for content in files.values())


def told(source: Optional[Source]) -> Dict[str, float]:
    """What it reads and counts, all of which are numbers."""
    if source is None:
        return {}
    found = {**source.read(), **source.count(), **source.read()}
    assert all(isfinite(value) for value in found.values())
    assert all(value >= 0 for name, value in found.items() if name.endswith("_count"))
    assert all(source.way(name) for name in found)
    source.close()
    return found


@pytest.mark.parametrize(
    ("files", "source_of"),
    [
        (MONITOR, lambda root: ina3221.source_of(root, 0.2)),
        (ALARMS, ina3221_alarms.source_of),
        (OVER_CURRENT, soctherm.source_of),
        (ZONES, thermal.source_of),
        (INTEL, rapl.source_of),
        (INTEL, throttle.source_of),
    ],
    ids=["ina3221", "alarms", "soctherm", "thermal", "rapl", "throttle"],
)
def test_any_one_file_may_hold_anything(
    tmp_path: Path, files: Mapping[str, Content], source_of: Callable[[Path], Optional[Source]]
) -> None:
    written(tmp_path, files)
    for name, content in files.items():
        for rubbish in KNOWN:
            told(source_of(written(tmp_path, {name: rubbish})))
        written(tmp_path, {name: content})

    assert told(source_of(tmp_path)) or source_of is rapl.source_of


@FEW
@given(garbled(MONITOR))
def test_a_garbled_power_monitor_tells_watts_or_nothing(files: Dict[str, Content]) -> None:
    with board(files) as root:
        found = told(ina3221.source_of(root, 0.2))

    assert found.get("power_w", 1.0) > 0
    assert zeroes(files) or 0 not in found.values()


@FEW
@given(garbled(OVER_CURRENT))
def test_garbled_counters_of_over_current_count_or_say_nothing(files: Dict[str, Content]) -> None:
    with board(files) as root:
        found = told(soctherm.source_of(root))

    assert zeroes(files) or 0 not in found.values()


@FEW
@given(garbled(ALARMS))
def test_garbled_alarms_are_of_some_rails_or_not_known(files: Dict[str, Content]) -> None:
    with board(files) as root:
        found = told(ina3221_alarms.source_of(root))

    assert found.get("rails_in_alarm", 0) in (0, 1, 2, 3)
    assert zeroes(files) or 0 not in found.values()


@FEW
@given(garbled(ZONES))
def test_garbled_zones_have_a_temperature_or_none(files: Dict[str, Content]) -> None:
    with board(files) as root:
        found = told(thermal.source_of(root))
    degrees = {name: value for name, value in found.items() if name.startswith("temperature_")}

    assert 0 not in degrees.values()
    assert found.get("zones_at_limit", 0) <= len(degrees)


@FEW
@given(garbled(INTEL))
def test_garbled_counters_of_a_pc_count_or_say_nothing(files: Dict[str, Content]) -> None:
    with board(files) as root:
        told(rapl.source_of(root))
        told(throttle.source_of(root))


@given(st.integers(0, len(CLIENTS)))
def test_a_table_of_nvmap_cut_anywhere_tells_of_whole_rows_or_nothing(length: int) -> None:
    assert memory.nvmap_bytes(CLIENTS[:length], 7979) in (None, HELD, BURNT)
    assert memory.nvmap_bytes(CLIENTS[:length], 2651) in (None, 17876 * 1024)


@given(st.lists(st.tuples(st.integers(0, len(CLIENTS) - 1), st.characters()), min_size=1, max_size=20))
def test_a_garbled_table_of_nvmap_never_says_0(changes) -> None:  # type: ignore[no-untyped-def]
    table = list(CLIENTS)
    for at, character in changes:
        table[at] = character
    found = memory.nvmap_bytes("".join(table), 7979)

    assert found is None or found > 0


@given(st.text(max_size=200) | st.lists(st.sampled_from(CLIENTS.split()), max_size=40).map(" ".join))
def test_any_table_gives_bytes_or_nothing(table: str) -> None:
    assert (memory.nvmap_bytes(table + "\n", 7979) or 1) > 0
