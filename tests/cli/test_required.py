"""A board that stops being as required while a check runs, as a user sees it."""

from __future__ import annotations

import pytest
from agent.clocks.stand_ins import StandIns

GPU, CPU = "sys/class/devfreq/17000000.gpu", "sys/devices/system/cpu/cpu0/cpufreq"
CHECK = ("--quick", "--p99", "100ms", "--max-duration", "3s", "--warmup", "5it")


@pytest.fixture
def locked(tmp_path):
    """An Orin Nano whose clocks somebody has locked."""
    board = StandIns(tmp_path / "orin")
    for path, name in ((f"{GPU}/max_freq", "min"), (f"{GPU}/max_freq", "cur"), (f"{CPU}/scaling_max_freq", "min")):
        high = board.root / path
        high.with_name(high.name.replace("max", name)).write_text(high.read_text())
    return board


def require_locked(shell):
    shell.write("edgeprof.yaml", "version: 1\ndevices:\n  local: {require: {clocks_locked: true}}\n")


def test_what_stays_as_required_is_judged_and_says_what_was_required(shell, locked):
    require_locked(shell)
    ended = shell("check", shell.fake(latency_ms=10), *CHECK, **locked.environment)
    assert ended.code == 0, ended.err
    (saved,) = shell.saved()
    assert saved.require.clocks_locked is True
    assert saved.processes[0].clocks_locked is True


def test_clocks_that_are_let_go_after_they_were_looked_at_leave_no_verdict(shell, locked):
    require_locked(shell)
    started = shell.start("check", shell.fake(latency_ms=10, real=True), *CHECK, **locked.environment)
    started.said("process 1 of")
    (locked.root / GPU / "min_freq").write_text("306000000\n")
    ended = started.end()
    assert ended.code == 4, ended.err
    assert "process 1: locked clocks are required, and they are not" in ended.out
