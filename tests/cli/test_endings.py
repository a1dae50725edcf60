"""Signals and closed pipes in every phase: the code, silence or a word, nothing left behind, nothing lost."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time

import pytest

from cli.shell import COMMAND, until

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "ended by SIGTERM", signal.SIGHUP: "ended by SIGHUP"}
WITHIN_S = 5.0  # the design's promise
PHASES = {
    "loading": {"load_s": 600},
    "warming": {"latency_ms": 500},
    "sampling": {"latency_ms": 10},
}


def expect_end(shell, started, number):
    """It ends as the table says and in time, and everything that it started ends with it."""
    sent = time.monotonic()
    started.send(number)
    ended = started.end()
    assert ended.code == CODES[number]
    shell.expect_clean(WITHIN_S)
    assert time.monotonic() - sent < WITHIN_S
    assert "Traceback" not in ended.err
    assert ended.err.splitlines()[-1] == WORDS[number]
    assert ended.out == ""
    return ended


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
@pytest.mark.parametrize("phase", PHASES)
def test_a_signal_ends_every_phase_with_its_code(shell, phase, number):
    started = shell.start("check", shell.fake(real=True, **PHASES[phase]), "--warmup", "100it")
    started.said(phase)
    shell.measured()
    assert shell.is_locked()
    expect_end(shell, started, number)


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_a_signal_ends_the_wait_for_another_measurement(shell, number):
    with shell.locked("somebody else"):
        started = shell.start("check", shell.fake(latency_ms=10))
        started.said("waiting for the device")
        sent = time.monotonic()
        started.send(number)
        assert started.end().code == CODES[number]
        until(lambda: not shell.processes(), "the end of all processes", WITHIN_S)
        assert time.monotonic() - sent < WITHIN_S


@pytest.mark.export
@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_a_signal_ends_an_export(shell, number):
    shell.write("shop.py", "import time\n\ndef detector():\n    print('exporting now')\n    time.sleep(600)\n")
    started = shell.start("check", "shop:detector", "--res", "32")
    started.said("loading torch")
    until(lambda: any("convert.worker" in words for words in shell.processes().values()), "the worker")
    expect_end(shell, started, number)
    assert list((shell.cache / "building").iterdir()) == []  # nothing half made is left either


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_a_signal_keeps_the_processes_that_were_finished(shell, number):
    started = shell.start("check", shell.fake(latency_ms=10, real=True), "--warmup", "5it", "--max-duration", "3s")
    started.said("process 2 of 3: sampling")
    expect_end(shell, started, number)
    (measurement,) = shell.saved()
    assert len(measurement.processes) == 1
    assert measurement.processes[0].ended == "duration"
    assert measurement.processes[0].samples_s
    judged = shell("judge", shell.saved_paths()[0])
    assert judged.code == 3
    assert "fewer processes than planned" in judged.out


def test_two_signals_in_a_row_are_one(shell):
    started = shell.start("check", shell.fake(latency_ms=10, real=True))
    started.said("warming")
    started.send(signal.SIGTERM)
    started.send(signal.SIGTERM)
    assert started.end().code == 143
    shell.expect_clean(WITHIN_S)


def test_ctrl_c_at_a_terminal_reaches_the_command_alone_and_says_so(shell):
    """The terminal signals the whole foreground group; the agent must not be ended by it on its own account."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *COMMAND, "check", shell.fake(latency_ms=10, real=True)],
        cwd=shell.work,
        env=shell.environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = read_until(ours, b"warming")
    os.write(ours, b"\x03")
    code = process.wait(WITHIN_S)
    seen += read_all(ours)
    assert code == 130
    assert b"interrupted" in seen
    assert b"Traceback" not in seen


@pytest.mark.slow
def test_nohup_outlives_its_terminal(shell):
    model = shell.fake(latency_ms=10, real=True)
    command = ("env", "--ignore-signal=HUP", *COMMAND)
    started = shell.start("check", model, *QUICK, "--p99", "200", command=command)  # a busy machine's sleeps are long
    started.said("warming")
    started.send(signal.SIGHUP)
    assert started.end().code == 0


QUICK = ("--quick", "--p99", "20", "--warmup", "5it", "--max-duration", "20s")


@pytest.mark.parametrize("phase", PHASES)
def test_the_command_killed_outright_leaves_no_process_and_no_lock(shell, phase):
    started = shell.start("check", shell.fake(real=True, **PHASES[phase]))
    started.said(phase)
    shell.measured()
    started.send(signal.SIGKILL)
    assert started.end().code == -9
    shell.expect_clean(WITHIN_S)


def test_the_command_killed_outright_while_it_waits_leaves_no_process(shell):
    with shell.locked("somebody else"):
        started = shell.start("check", shell.fake(latency_ms=10))
        started.said("waiting for the device")
        started.send(signal.SIGKILL)
        assert started.end().code == -9
        until(lambda: not shell.processes(), "the end of all processes", WITHIN_S)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "x.fake.json", "--quick"),
        ("check", "x.fake.json", "--quick", "--quiet"),
        ("check", "x.fake.json", "--quick", "--json", "-"),
        ("check", "x.fake.json", "--quick", "--markdown", "-"),
        ("check", "x.fake.json", "--dry-run"),
        ("measure", "x.fake.json", "--iterations", "100"),
        ("schema",),
        ("--help",),
        ("check", "--help"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_a_closed_pipe_ends_in_141_without_a_word(shell, arguments):
    shell.fake(latency_ms=10)
    read, write = os.pipe()
    os.close(read)
    started = shell.start(*arguments, stdout=write)
    os.close(write)
    ended = started.end()
    assert ended.code == 141
    assert "Error" not in ended.err
    assert "Traceback" not in ended.err


def test_a_reader_that_leaves_early_ends_the_next_check(shell):
    """As `edgeprof check a b | head -1` does."""
    models = [shell.fake(name, latency_ms=10) for name in ("a", "b")]
    read, write = os.pipe()
    started = shell.start("check", *models, "--quick", stdout=write)
    os.close(write)
    with os.fdopen(read) as reader:
        assert "a.fake.json" in reader.readline()
    assert started.end().code == 141
    assert [m.job.model for m in shell.saved()] == models  # both were measured, and are kept


def test_progress_that_nobody_reads_ends_it_too(shell):
    read, write = os.pipe()
    os.close(read)
    started = shell.start("check", shell.fake(latency_ms=10), "--quick", stderr=write)
    os.close(write)
    ended = started.end()
    assert ended.code == 141
    assert ended.out == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_change_nothing(shell, closed):
    line = " ".join(COMMAND) + f" check {shell.fake(latency_ms=50)} --quick {closed}"
    ended = subprocess.run(["sh", "-c", line], cwd=shell.work, env=shell.environment(), capture_output=True, text=True)
    assert ended.returncode == 1
    assert len(shell.saved_paths()) == 1
    assert (" FAIL " in ended.stdout) == (">&-" not in closed.replace("2>&-", ""))


def read_until(handle, words):
    seen = b""
    while words not in seen:
        seen += os.read(handle, 1 << 16)
    return seen


def read_all(handle):
    seen = b""
    try:
        while more := os.read(handle, 1 << 16):
            seen += more
    except OSError:  # how a terminal says that nobody is left on it
        pass
    os.close(handle)
    return seen
