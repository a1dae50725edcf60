"""A file that is kept open is read anew each time, and may stop telling."""

from __future__ import annotations

import os
from pathlib import Path

from edgeprof.agent.telemetry.gauge import Gauge, gauge_at, shown, words_at


def test_it_reads_what_is_there_now(tmp_path: Path) -> None:
    path = tmp_path / "temp"
    path.write_text("45812\n")
    gauge = Gauge(path, 1e-3)
    before = gauge.read()
    path.write_text("-256000\n")

    assert (before, gauge.read()) == (45.812, -256.0)


def test_what_is_no_number_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "temp"
    path.write_text("")
    gauge = Gauge(path)

    assert gauge.read() is None
    path.write_text("not supported\n")

    assert gauge.read() is None


def test_a_folder_opens_and_tells_nothing(tmp_path: Path) -> None:
    assert Gauge(tmp_path).read() is None


def test_a_file_that_is_not_there_is_no_gauge(tmp_path: Path) -> None:
    assert gauge_at(tmp_path / "temp") is None


def test_a_closed_gauge_holds_no_handle(tmp_path: Path) -> None:
    (tmp_path / "temp").write_text("1")
    before = len(os.listdir("/proc/self/fd"))
    gauges = [Gauge(tmp_path / "temp") for _ in range(5)]
    for gauge in gauges:
        gauge.close()

    assert len(os.listdir("/proc/self/fd")) == before


def test_words_of_the_device_tree_end_in_a_zero_byte(tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"gpu\0")

    assert words_at(tmp_path / "name") == "gpu"
    assert words_at(tmp_path / "nothing") == ""
    assert shown(tmp_path / "name", tmp_path) == "/name"
