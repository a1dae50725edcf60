"""The canary says how fast the machine is just now."""

from __future__ import annotations

import os

from edgeprof.agent import canary


def test_every_core_we_may_use_has_a_figure() -> None:
    seen = canary.sing()

    assert len(seen.integer_s) == len(os.sched_getaffinity(0))
    assert all(1e-9 < each_s < 1e-5 for each_s in seen.integer_s)


def test_a_byte_passed_between_two_cores_takes_some_time() -> None:
    seen = canary.sing()

    if len(os.sched_getaffinity(0)) > 1:
        assert seen.round_trip_s is not None
        assert 1e-9 < seen.round_trip_s < 0.05
    else:
        assert seen.round_trip_s is None


def test_on_one_core_there_is_no_round_trip() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})

        assert canary.sing().round_trip_s is None
    finally:
        os.sched_setaffinity(0, before)


def test_a_core_that_failed_has_no_figure(monkeypatch) -> None:
    def fail() -> float:
        raise OSError("no such core")

    monkeypatch.setattr(canary, "_integer_loop", fail)

    assert canary.sing().integer_s == ()


def test_it_leaves_no_process_behind() -> None:
    canary.sing()

    try:
        left = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        left = (0, 0)

    assert left == (0, 0)
