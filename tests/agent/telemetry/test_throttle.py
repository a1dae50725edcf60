"""Intel's throttle counts, over cores and packages."""

from __future__ import annotations

from pathlib import Path

from agent.telemetry.trees import written
from edgeprof.agent.telemetry import throttle

CORE = "sys/devices/system/cpu/cpu{}/thermal_throttle/{}_throttle_count"


def test_cores_are_summed_and_a_package_counts_once(tmp_path: Path) -> None:
    counts = {CORE.format(n, "core"): n for n in range(12)}
    source = throttle.source_of(written(tmp_path, {**counts, **{CORE.format(n, "package"): 7 for n in range(12)}}))
    assert source

    assert source.count() == {"core_throttle_count": 66, "package_throttle_count": 7}


def test_what_is_no_number_is_left_out(tmp_path: Path) -> None:
    source = throttle.source_of(written(tmp_path, {CORE.format(0, "core"): "?\n"}))
    assert source

    assert source.count() == {}


def test_a_processor_that_counts_nothing_has_no_such_source(tmp_path: Path) -> None:
    assert throttle.source_of(tmp_path) is None
