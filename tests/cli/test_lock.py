"""Two checks at once: one measures, the other waits and says for whom."""

from __future__ import annotations

import os
import signal

import pytest

SHORT = ("--quick", "--p99", "20", "--warmup", "5it")


@pytest.mark.slow
def test_the_second_check_waits_for_the_first_and_both_end_in_0(shell):
    first = shell.start("check", shell.fake("first", latency_ms=10, real=True), *SHORT)
    first.said("warming")
    second = shell.start("check", shell.fake("second", latency_ms=10), *SHORT)
    second.said("waiting for the device")
    assert f"(process {first.process.pid}, first.fake.json) holds it" in second.err
    assert second.process.poll() is None
    assert [first.end().code, second.end().code] == [0, 0]
    one, other = shell.saved()
    assert [one.job.model, other.job.model] == ["first.fake.json", "second.fake.json"]
    took_s = sum(one.processes[0].warmup_s) + sum(one.processes[0].samples_s)
    assert other.processes[0].started_at > one.processes[0].started_at + took_s  # they did not overlap


def test_a_wait_that_is_too_long_ends_in_4_and_names_the_holder(shell):
    with shell.locked("ann@bench (process 7, resnet50)"):
        ended = shell("check", shell.fake(latency_ms=10), *SHORT, "--lock-timeout", "1s")
    assert ended.code == 4
    assert "ann@bench (process 7, resnet50)" in ended.out
    assert "--lock-timeout" in ended.out
    assert shell.saved_paths() == []


@pytest.mark.parametrize("runtime", ["onnxruntime", "auto"])
def test_parity_and_the_race_wait_no_longer_either_and_say_for_whom(shell, small_onnx, runtime):
    model = shell.use(small_onnx)
    with shell.locked("ann@bench"):
        ended = shell("check", model, *SHORT, "--runtime", runtime, "--lock-timeout", "1s")
    assert ended.code == 4
    assert "waiting for the device: ann@bench holds it" in ended.err
    assert "--lock-timeout" in ended.out


def test_a_lock_timeout_from_the_environment_counts_too(shell):
    with shell.locked("ann"):
        assert shell("check", shell.fake(latency_ms=10), *SHORT, EDGEPROF_LOCK_TIMEOUT="0.5").code == 4


def test_a_holder_that_is_killed_frees_the_lock(shell):
    holder = shell.start("check", shell.fake("holder", latency_ms=10, real=True))
    holder.said("warming")
    second = shell.start("check", shell.fake("second", latency_ms=10), *SHORT)
    second.said("waiting for the device")
    os.kill(shell.measured(), 0)
    holder.send(signal.SIGKILL)
    assert holder.end().code == -9
    assert second.end(within_s=30).code == 0


def test_a_lock_left_behind_by_a_crash_is_no_lock(shell):
    shell.lock.write_text("somebody who is gone")
    ended = shell("check", shell.fake(latency_ms=10), *SHORT)
    assert ended.code == 0
    assert "somebody who is gone" not in ended.out + ended.err


def test_a_lock_that_cannot_be_used_ends_in_4(shell):
    shell.lock.mkdir()
    ended = shell("check", shell.fake(latency_ms=10), *SHORT)
    shell.lock.rmdir()
    assert ended.code == 4
    assert "lock" in ended.out
