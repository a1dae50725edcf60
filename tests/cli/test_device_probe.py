"""`edgeprof device probe`, doctor, and checks on this machine dressed as an Orin Nano, as a user has them."""

from __future__ import annotations

import getpass
import json
import signal
import sys

import pytest
from agent.clocks.stand_ins import StandIns, until
from targets.sshd import Sshd

from cli.shell import COMMAND

SHORT = ("--quick", "--p99", "100ms", "--max-duration", "2s", "--warmup", "5it")


@pytest.fixture
def orin(tmp_path):
    return StandIns(tmp_path / "orin")


def lines_of(ended):
    return {line[2:14].strip(): line[15:] for line in ended.out.splitlines() if line[:1] in ("!", " ")}


def test_a_jetson_is_told_with_its_profile_its_software_and_its_modes(shell, orin):
    ended = shell("device", "probe", "local", **orin.environment)
    assert ended.code == 0, ended.err
    said = lines_of(ended)
    assert said["board"].startswith("Jetson, p3767-0005, tegra234")
    assert "orin-nano-8gb, certain" in ended.out
    assert said["system"].startswith("JetPack 6.2.1, L4T 36.4.4")
    assert said["power mode"] == "25W, of 15W (0), 25W (1), MAXN_SUPER (2), 7W (3); the default is 25W"
    assert "sudo apt install python3-libnvinfer" in ended.out
    assert orin.log == []


def test_this_machine_as_it_is_is_probed_too(shell):
    ended = shell("device", "probe")
    assert ended.code == 0, ended.err
    assert "onnxruntime" in lines_of(ended)


def test_json_goes_to_a_file_or_to_stdout_alone(shell, orin):
    assert shell("device", "probe", "local", "--json", "probe.json", **orin.environment).code == 0
    document = json.loads((shell.work / "probe.json").read_text())
    assert document["board"]["module"] == "p3767-0005"
    ended = shell("device", "probe", "local", "--json", "-", **orin.environment)
    assert json.loads(ended.out)["board"]["jetpack"] == "6.2.1"


def test_a_kind_of_device_without_an_address_ends_in_4_with_the_line_that_adds_one(shell):
    ended = shell("device", "probe", "orin-nano-8gb")
    assert ended.code == 4
    assert "edgeprof device add" in ended.err


def test_doctor_says_the_same_of_a_configured_one_and_what_is_not_as_required(shell, orin):
    shell.write(
        "edgeprof.yaml", "version: 1\ndevices:\n  local: {profile: agx-orin-64gb, require: {power_mode: 15W}}\n"
    )
    ended = shell("doctor", **orin.environment)
    assert ended.code == 4
    assert "the one it has does not fit" in ended.out
    assert "power mode 15W is required, and the device is in 25W" in ended.out
    assert "sudo nvpmodel -m 0" in ended.out


def test_a_check_is_refused_before_anything_where_the_device_is_not_as_required(shell, orin):
    shell.write("edgeprof.yaml", "version: 1\ndevices:\n  local: {require: {power_mode: MAXN_SUPER}}\n")
    ended = shell("check", shell.fake(latency_ms=10), *SHORT, **orin.environment)
    assert ended.code == 4
    assert "sudo nvpmodel -m 2" in ended.err
    assert shell.saved() == []


def test_a_check_sets_mode_and_clocks_records_it_and_puts_both_back(shell, orin):
    model = shell.fake(latency_ms=10)
    ended = shell("check", model, *SHORT, "--power-mode", "MAXN_SUPER", "--lock-clocks", **orin.environment)
    assert ended.code == 0, ended.err
    (saved,) = shell.saved()
    assert "power mode MAXN_SUPER instead of 25W, for this measuring" in saved.notes
    assert "clocks locked, for this measuring" in saved.notes
    assert saved.host["board"]["power_mode"] == "MAXN_SUPER"
    assert orin.mode == "pmode:0001"
    assert not orin.is_locked


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_check_that_is_ended_in_the_middle_leaves_the_device_as_it_was(shell, orin, number):
    model = shell.fake(latency_ms=5, real=True)
    arguments = ("check", model, "--p99", "100ms", "--max-duration", "300s", "--power-mode", "MAXN_SUPER")
    started = shell.start(*arguments, command=COMMAND, **orin.environment)
    until(lambda: orin.mode == "pmode:0002")
    started.send(number)
    assert started.end().code != 0
    assert until(lambda: orin.mode == "pmode:0001")
    assert until(lambda: not orin.leftovers)


def test_a_password_that_sudo_wants_ends_in_4_with_the_sudoers_line(shell, orin):
    orin.note("password")
    ended = shell("check", shell.fake(latency_ms=10), *SHORT, "--power-mode", "MAXN_SUPER", **orin.environment)
    assert ended.code == 4
    assert "a password is required" in ended.err
    assert "NOPASSWD" in ended.err
    assert shell.saved() == []


def test_a_device_across_the_room_comes_with_the_line_that_names_it(shell, orin, tmp_path):
    device = Sshd(tmp_path / "device", **orin.environment)
    host = f"{getpass.getuser()}@box"
    try:
        ended = shell("device", "probe", host, "--python", sys.executable, EDGEPROF_SSH_CONFIG=device.config)
    finally:
        device.stop()
    assert ended.code == 0, ended.err
    assert f"edgeprof device add box --host {host} --profile orin-nano-8gb" in ended.out
    assert f"box: {{host: {host}, profile: orin-nano-8gb, python: {sys.executable}}}" in ended.out


def test_one_that_is_configured_is_told_where(shell, orin):
    shell.write("edgeprof.yaml", "version: 1\ndevices:\n  local: {profile: orin-nano-8gb}\n")
    ended = shell("device", "probe", "local", **orin.environment)

    assert "local is configured in edgeprof.yaml:3 devices.local; what fits it: {profile: orin-nano-8gb}" in ended.out
    assert "device add" not in ended.out
