"""The emulated ARM board, a Debian for arm64 under qemu, over ssh.

It proves function on ARM Linux: the agent's bundle starts there, the protocol holds, the machine is recognised,
artefacts arrive, a real model runs and computes the same, and cut links and killed processes end as they should. It
says nothing about speed, neither the model's nor edgeprof's: the emulator makes both many times slower.
"""

from __future__ import annotations

import json
import os
import signal

import pytest
from cli.shell import until

from board.conftest import BOARD, Desk
from board.dress import dress
from board.dresses import ORIN_NANO
from board.start import emulated
from edgeprof.core.measurement import Ended

pytestmark = [pytest.mark.board, pytest.mark.slow, pytest.mark.timeout(900)]

# Limits that an emulated inference meets; a median needs few samples.
EASY = ("--quick", "--p50", "60s", "--warmup", "3it", "--max-duration", "60s")
KEPT = BOARD / "home/board/.cache/edgeprof/device"
ENDS_WITHIN_S = 40.0


def probed(desk: Desk) -> dict:
    """What a probe of it writes as JSON."""
    ended = desk("device", "probe", desk.name, "--json", "-")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_a_probe_tells_what_it_is_and_what_it_has(desk):
    probe = probed(desk)
    assert probe["host"]["machine"] == "aarch64"
    assert probe["host"]["python"].startswith("3.11")
    assert dict(probe["runtimes"])["onnxruntime"]
    assert probe["board"]["memory_bytes"] > 1 << 30
    assert probe["board"]["disk_free_bytes"] > 1 << 20


def test_a_machine_that_is_no_known_board_fits_no_profile(desk):
    probe = probed(desk)
    assert probe["board"]["kind"] == "other"
    assert probe["likenesses"] == []


def test_doctor_says_that_it_is_ready(desk):
    ended = desk("doctor", "--device", desk.name)
    assert ended.code == 0, ended.out + ended.err
    assert "aarch64" in ended.out


def test_a_real_model_runs_there_and_computes_the_same(desk, small_onnx):
    model = desk.shell.use(small_onnx)
    ended = desk("check", model, "--device", desk.name, "--runtime", "onnxruntime", *EASY)
    (measurement,) = desk.shell.saved()
    assert ended.code == 0, ended.out + ended.err
    assert measurement.host["machine"] == "aarch64"
    assert measurement.processes[0].samples_s
    assert measurement.parity is not None
    assert measurement.parity.holds


def test_measuring_keeps_every_sample(desk, small_onnx):
    flags = ("--device", desk.name, "--runtime", "onnxruntime", "--iterations", "5", "--warmup", "2it")
    ended = desk("measure", desk.shell.use(small_onnx), *flags)
    assert ended.code == 0, ended.out + ended.err
    assert len(desk.shell.saved()[0].processes[0].samples_s) == 5


def test_what_was_placed_is_kept_until_it_is_cleaned(desk, board):
    ended = desk("measure", desk.shell.fake(latency_ms=10), "--device", desk.name, "--iterations", "5")
    assert ended.code == 0, ended.err
    assert list(KEPT.iterdir())
    assert desk("device", "clean", desk.name).code == 0
    assert not KEPT.exists()
    assert board.agents() == []


@pytest.fixture
def under_way(desk, board):
    """A measurement of some time, which has begun to sample."""
    model = desk.shell.fake(latency_ms=50, real=True)
    started = desk.start("measure", model, "--device", desk.name, "--warmup", "2it", "--iterations", "300")
    until(lambda: len(board.agents()) > 1, "a measured process", within_s=120)
    started.said("sampling")
    yield started
    until(lambda: not board.agents(), "the agent's end", within_s=ENDS_WITHIN_S)


def test_a_cut_link_is_made_again_and_the_process_repeated(desk, board, under_way):
    before = board.agents()
    board.cut()
    ended = under_way.end(within_s=240)
    (measurement,) = desk.shell.saved()
    assert ended.code == 0, ended.err
    assert len(measurement.processes[0].samples_s) == 300
    assert len(measurement.lost) == 1
    assert not set(before) & set(board.agents())


def test_a_killed_measured_process_is_an_answer(desk, board, under_way):
    os.kill(board.agents()[-1], signal.SIGKILL)
    ended = under_way.end(within_s=120)
    (measurement,) = desk.shell.saved()
    assert ended.code == 4, ended.err
    assert measurement.processes[0].ended is Ended.KILLED


def test_a_killed_agent_is_said(board, under_way):
    os.kill(board.agents()[0], signal.SIGKILL)
    ended = under_way.end(within_s=120)
    assert ended.code == 4, ended.err
    assert "signal 9" in ended.err or "137" in ended.err


def test_an_interrupt_here_ends_the_agent_there(under_way):
    under_way.send(signal.SIGINT)
    assert under_way.end(within_s=60).code == 130


def test_in_a_jetsons_dress_it_is_recognised_as_one(shell):
    inside = f"dress/{ORIN_NANO.name}"
    dress(BOARD / inside, ORIN_NANO)
    environment = {"EDGEPROF_ROOT": f"/{inside}", "PATH": f"/{inside}/usr/bin:/{inside}/usr/sbin:/usr/bin:/bin"}
    with emulated("nano", BOARD, environment) as device:
        desk = Desk(shell, device.name, device.config)
        desk.configure()
        probe = probed(desk)
    assert probe["likenesses"][0]["profile"] == ORIN_NANO.profile
    assert probe["likenesses"][0]["sureness"] == "certain"
    assert probe["board"]["jetpack"] == ORIN_NANO.jetpack
