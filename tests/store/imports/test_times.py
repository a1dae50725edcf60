"""A file of another tool's is read whole, or not at all."""

from __future__ import annotations

import os

import pytest

from edgeprof.core.errors import ConfigError
from edgeprof.store.imports import times


def test_a_file_is_known_by_its_digest(tmp_path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("[1]")

    assert times.source_at(tmp_path / "a").digest == times.source_at(tmp_path / "b").digest


def test_what_is_no_plain_file_is_refused_and_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing", os.devnull):
        with pytest.raises(ConfigError) as raised:
            times.source_at(tmp_path / path)

        assert str(path) in raised.value.message


def test_a_file_that_is_empty_or_too_large_is_refused(tmp_path) -> None:
    path = tmp_path / "times.json"
    path.write_text(" \n")
    with pytest.raises(ConfigError, match="is empty"):
        times.source_at(path)
    os.truncate(path, times.LARGEST_BYTES + 1)  # a hole, which takes no disk
    with pytest.raises(ConfigError, match="larger than 64 MiB"):
        times.source_at(path)


@pytest.mark.parametrize("value", [None, True, "", "1_0x", float("nan"), -1, 0, 1e300, 10**400, [], {}])
def test_what_is_no_latency_is_none(value) -> None:
    assert times.latency_s(value, 1e-3) is None


@pytest.mark.parametrize("value", [20, 20.0, "20"])
def test_a_latency_comes_in_seconds(value) -> None:
    assert times.latency_s(value, 1e-3) == pytest.approx(0.020)
