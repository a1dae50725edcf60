"""A whole check on a device behind ssh, and everything that can go wrong on the way: the exit code and the words."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from datetime import datetime, timezone

import pytest
from targets.proxy import Proxy
from targets.sshd import Sshd

from edgeprof.core.files import digest_of_file

pytestmark = pytest.mark.ssh
QUICK = ("--quick", "--p99", "20", "--warmup", "5it", "--max-duration", "20s")
REAL = ("--quick", "--p99", "500", "--warmup", "5it", "--max-duration", "20s")  # for real time, also on a busy machine


@pytest.fixture
def sshd(shell):
    made = Sshd(shell.folder / "device", SHELL_MARK=shell.mark)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def proxied(sshd):
    proxy = Proxy(sshd.port)
    sshd.alias("far", proxy.port)
    yield proxy
    proxy.close()


@pytest.fixture
def start(shell, sshd):
    """Begin a command for a device called `box`, which is reached under this host."""

    def of(*arguments, host="box", **environment):
        shell.write("edgeprof.yaml", f"version: 1\ndevices:\n  box: {{host: {host}}}\n")
        return shell.start(*arguments, "--device", "box", EDGEPROF_SSH_CONFIG=sshd.config, **environment)

    return of


@pytest.fixture
def run(start):
    return lambda *arguments, **options: start(*arguments, **options).end(within_s=120)


@pytest.mark.parametrize(("latency_ms", "code"), [(10, 0), (50, 1)])
def test_a_check_over_ssh_ends_as_one_here_does(shell, run, latency_ms, code):
    ended = run("check", shell.fake(latency_ms=latency_ms), *QUICK)
    assert ended.code == code, ended.out + ended.err
    (measurement,) = shell.saved()
    assert measurement.job.device == "box"
    assert measurement.host["kept_in"].endswith("/device/cache/edgeprof/device")
    assert "clock_offset_s" in measurement.host


def test_nothing_is_left_on_the_device_but_its_cache(shell, run, sshd):
    run("check", shell.fake(latency_ms=10), *QUICK)
    assert sshd.agents() == []
    assert list(sshd.home.iterdir()) == []
    shell.expect_clean()


def test_a_real_runtime_is_proved_and_measured_over_ssh(shell, start, sshd, small_onnx):
    ended = start(
        "measure", shell.use(small_onnx), "--runtime", "onnxruntime", "--iterations", "20", "--python", sys.executable
    ).end()
    assert ended.code == 0, ended.out + ended.err
    (measurement,) = shell.saved()
    assert measurement.parity.holds
    assert len(measurement.processes[0].samples_s) == 20


def refused(ended, words):
    assert ended.code == 4, ended.out + ended.err
    assert 'device "box"' in ended.err
    assert words in ended.err
    assert "hint: " in ended.err
    assert ended.out == ""
    assert "Traceback" not in ended.err


def test_a_connection_that_is_refused_ends_in_4(shell, run, sshd):
    sshd.stop()
    refused(run("check", shell.fake(latency_ms=10), *QUICK), "connection refused")
    assert shell.saved_paths() == []


def test_a_host_that_nobody_knows_ends_in_4(shell, run):
    refused(run("check", shell.fake(latency_ms=10), *QUICK, host="no-such-box.invalid"), "no such host is known")


def test_a_host_key_that_changed_ends_in_4_with_sshs_own_words(shell, run, sshd):
    sshd.change_host_key()
    ended = run("check", shell.fake(latency_ms=10), *QUICK)
    refused(ended, "its host key has changed")
    assert "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED" in ended.err or "IT IS POSSIBLE" in ended.err


def test_a_key_that_is_refused_ends_in_4(shell, run, sshd):
    sshd.refuse_key()
    refused(run("check", shell.fake(latency_ms=10), *QUICK), "authentication failed")


def test_a_host_that_is_an_option_ends_in_2_and_runs_nothing(shell, run):
    ended = run("check", shell.fake(latency_ms=10), *QUICK, host="'-oProxyCommand=touch pwned'")
    assert ended.code == 2
    assert not (shell.work / "pwned").exists()


@pytest.mark.parametrize("name", ["$(touch pwned)", "a 'b' c", "é"])
def test_a_model_whose_name_a_shell_would_act_on_is_only_a_name(shell, run, sshd, name):
    ended = run("check", shell.fake(name, latency_ms=10), *QUICK)
    assert ended.code == 0, ended.out + ended.err
    assert not (shell.work / "pwned").exists()
    assert list(sshd.home.iterdir()) == []


def test_a_python_that_is_missing_ends_in_4(shell, run):
    refused(run("check", shell.fake(latency_ms=10), *QUICK, "--python", "python3.99"), "has no python3.99")


def test_a_device_that_starts_up_is_waited_for(shell, start, sshd):
    sshd.stop()
    started = start("check", shell.fake(latency_ms=10), *QUICK, "--wait-for-device", "1m")
    started.said("waiting for box: connection refused")
    sshd.start()
    assert started.end().code == 0


def test_a_link_that_breaks_while_it_measures_costs_one_repetition(shell, start, proxied):
    started = start("check", shell.fake(latency_ms=10, real=True), *REAL, host="far")
    started.said("sampling")
    proxied.cut()
    started.said("the process is repeated")
    ended = started.end(within_s=120)
    assert ended.code == 0, ended.out + ended.err
    (measurement,) = shell.saved()
    assert len(measurement.processes) == 1
    assert measurement.processes[0].ended == "decided"
    assert [process.ended for process in measurement.lost] == ["lost"]
    assert measurement.lost[0].samples_s
    assert "process 1 was repeated: the link to box was lost" in ended.out


@pytest.mark.slow
def test_a_link_that_breaks_twice_is_no_verdict_and_keeps_what_was_received(shell, start, proxied):
    started = start("check", shell.fake(latency_ms=10, real=True), *REAL, host="far")
    started.said("sampling")
    proxied.cut()
    started.said("the process is repeated")
    already = started.err.count("sampling")
    deadline = time.monotonic() + 30
    while proxied.connections < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert already
    time.sleep(4)  # it samples again
    proxied.cut()
    ended = started.end(within_s=120)
    assert ended.code == 4
    assert " INVALID " in ended.out
    assert "was lost with its link" in ended.out
    (measurement,) = shell.saved()
    assert measurement.processes[0].ended == "lost"
    assert measurement.processes[0].samples_s


@pytest.mark.slow
def test_another_try_is_what_retries_is_for(shell, start, proxied):
    started = start("check", shell.fake(latency_ms=10, real=True), *REAL, "--retries", "1", host="far")
    started.said("sampling")
    proxied.cut()
    started.said("the process is repeated")
    deadline = time.monotonic() + 30
    while proxied.connections < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(3)
    proxied.cut()
    started.said("trying again, 1 of 1")
    assert started.end(within_s=120).code == 0


@pytest.mark.slow
def test_an_agent_that_stands_still_ends_in_4_and_is_ended(shell, start, sshd):
    started = start("check", shell.fake(latency_ms=10, real=True), *REAL)
    started.said("sampling")
    for pid in sshd.agents():
        os.kill(pid, signal.SIGSTOP)
    ended = started.end(within_s=120)
    assert ended.code == 4
    assert "hung: nothing was heard from the agent for 30 s" in " ".join(ended.out.split())
    assert sshd.agents() == []


@pytest.mark.slow
def test_a_device_that_reboots_while_it_measures_is_waited_for(shell, start, sshd):
    started = start("check", shell.fake(latency_ms=10, real=True), *REAL, "--wait-for-device", "1m")
    started.said("sampling")
    sshd.stop()
    threading.Timer(3.0, sshd.start).start()
    ended = started.end(within_s=120)
    assert ended.code == 0, ended.out + ended.err
    assert len(shell.saved()[0].lost) == 1


@pytest.mark.slow
def test_two_workstations_share_a_device_one_after_the_other(shell, start, sshd):
    first = start("check", shell.fake("first", latency_ms=10, real=True), *REAL)
    first.said("sampling")
    second = start("check", shell.fake("second", latency_ms=10), *QUICK)
    second.said("waiting for the device")
    assert f"(process {first.process.pid}, first.fake.json) holds it, for" in second.err
    assert [first.end().code, second.end().code] == [0, 0]


SKEWED = """#!{python}
import datetime, runpy, sys, time
real = datetime.datetime
class Skewed(real):
    now = classmethod(lambda cls, tz=None: real.now(tz) - datetime.timedelta(days=300))
datetime.datetime = Skewed
real_time = time.time
time.time = lambda: real_time() - 300 * 86400
if sys.argv[1] == "-c":
    exec(sys.argv[2])
else:
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_clocks_that_disagree_are_recorded_and_compared_by_nobody(shell, start):
    """A board without a battery lives in the past until somebody tells it the time."""
    skewed = shell.folder / "python3"
    skewed.write_text(SKEWED.replace("{python}", sys.executable))
    skewed.chmod(0o755)
    asked = ("check", shell.fake(latency_ms=10), *QUICK, "--python", skewed)
    assert start(*asked).end().code == 0
    again = start(*asked, "--reuse", "1h").end()
    (measurement,) = shell.saved()

    assert again.code == 0
    assert "reusing the measurement" in again.err
    assert measurement.host["clock_offset_s"] == pytest.approx(-300 * 86400, abs=60)
    assert measurement.processes[0].started_at < datetime.now(timezone.utc).timestamp() - 299 * 86400


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_signal_ends_both_sides(shell, start, sshd, number):
    started = start("check", shell.fake(latency_ms=10, real=True), *REAL)
    started.said("sampling")
    assert sshd.agents()
    started.send(number)
    assert started.end().code == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
    shell.expect_clean()


@pytest.mark.slow
def test_a_slow_link_has_no_effect_on_the_numbers(shell, start, proxied):
    proxied.delay_s = 0.15
    ended = start("measure", shell.fake(latency_ms=10), "--iterations", "500", "--warmup", "5it", host="far").end(120)
    assert ended.code == 0, ended.out + ended.err
    assert {s for process in shell.saved()[0].processes for s in process.samples_s} == {0.01}


def test_what_is_kept_on_the_device_is_cleaned(shell, run, start, sshd):
    run("check", shell.fake(latency_ms=10), *QUICK)
    kept = list((sshd.cache / "edgeprof" / "device").iterdir())
    size = sum(path.stat().st_size for path in kept)
    young = shell("device", "clean", "box", "--older-than", "30d", EDGEPROF_SSH_CONFIG=sshd.config)
    ended = shell("device", "clean", "box", EDGEPROF_SSH_CONFIG=sshd.config)

    assert young.out == "removed 0 files from box, 0.0 MiB\n"
    assert ended.out == f"removed {len(kept)} files from box, {size / 2**20:.1f} MiB\n"
    assert not (sshd.cache / "edgeprof").exists()


def test_a_large_file_over_a_link_that_breaks_arrives_whole(shell, start, proxied, sshd):
    """A model's declared name is padded, so that there is something to cut."""
    model = shell.fake(latency_ms=10, note="x" * (8 << 20))
    started = start("check", model, *QUICK, host="far")
    proxied.cut_after = 4 << 20
    ended = started.end(within_s=120)
    assert ended.code == 0, ended.out + ended.err
    assert "going on where it stopped" in ended.err
    digest = digest_of_file(shell.work / model)
    assert any(path.name.startswith(digest) for path in (sshd.cache / "edgeprof" / "device").iterdir())
