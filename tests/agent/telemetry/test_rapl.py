"""RAPL's counters: they wrap, several packages are one processor, and often only root may read them."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Union

import pytest

from agent.telemetry.trees import written
from edgeprof.agent.telemetry import rapl

ZONE = "sys/class/powercap/intel-rapl:{}/"


def a_zone(number: object, name: str, energy_uj: int, most_uj: int = 10_000_000) -> Dict[str, Union[str, int]]:
    folder = ZONE.format(number)
    return {folder + "name": f"{name}\n", folder + "energy_uj": energy_uj, folder + "max_energy_range_uj": most_uj}


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_energy_counts_from_the_first_reading_and_power_is_the_mean_since_the_last(tmp_path: Path) -> None:
    clock = Clock()
    source = rapl.source_of(written(tmp_path, a_zone(0, "package-0", 4_000_000)), clock)
    assert source
    first = source.read()
    clock.now_s += 0.5
    written(tmp_path, a_zone(0, "package-0", 9_000_000))
    second = source.read()
    source.close()

    assert first == {"energy_j": 0.0}
    assert second == pytest.approx({"energy_j": 5.0, "power_w": 10.0})
    assert source.way("energy_j") == "RAPL package-0"


def test_a_counter_that_wraps_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    source = rapl.source_of(written(tmp_path, a_zone(0, "package-0", 9_000_000)), clock)
    assert source
    source.read()
    seen = []
    for energy_uj in (1_000_000, 6_000_000, 500_000):
        clock.now_s += 1.0
        written(tmp_path, a_zone(0, "package-0", energy_uj))
        seen.append(source.read())

    assert [round(each["energy_j"], 6) for each in seen] == [2.0, 7.0, 11.5]
    assert [round(each["power_w"], 6) for each in seen] == [2.0, 5.0, 4.5]


def test_all_packages_are_one_processor_and_their_parts_are_no_more(tmp_path: Path) -> None:
    zones = {
        **a_zone(0, "package-0", 0),
        **a_zone(1, "package-1", 0),
        **a_zone("0:0", "core", 0),
        **a_zone(2, "psys", 0),
    }
    clock = Clock()
    source = rapl.source_of(written(tmp_path, zones), clock)
    assert source
    source.read()
    clock.now_s += 1.0
    for number, name in ((0, "package-0"), (1, "package-1"), ("0:0", "core"), (2, "psys")):
        written(tmp_path, a_zone(number, name, 3_000_000))

    assert source.read()["power_w"] == pytest.approx(6.0)
    assert source.way("power_w") == "RAPL package-0 + package-1"


def test_a_counter_that_is_not_for_us_to_open_is_no_source(tmp_path: Path) -> None:
    counter = written(tmp_path, a_zone(0, "package-0", 1)) / ZONE.format(0) / "energy_uj"
    counter.unlink()
    counter.symlink_to(counter)  # root opens everything else

    assert rapl.source_of(tmp_path) is None


def test_a_package_that_cannot_be_read_leaves_no_smaller_sum(tmp_path: Path) -> None:
    zones = {**a_zone(0, "package-0", 1), **a_zone(1, "package-1", 1)}
    source = rapl.source_of(written(tmp_path, zones))
    assert source
    written(tmp_path, {ZONE.format(1) + "energy_uj": "?"})

    assert source.read() == {}
    assert rapl.source_of(tmp_path) is None
    assert rapl.source_of(tmp_path / "nowhere") is None
