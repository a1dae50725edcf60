"""Which machine a name means, and what is said of one that cannot be reached."""

from __future__ import annotations

from typing import Any

import pytest

from edgeprof.core.errors import ConfigError, TargetError
from edgeprof.core.exits import Exit
from edgeprof.core.machine import Machine

BOARD = (
    "title: a board\nkind: other\nfamilies: [bench]\nruntimes: [onnxruntime]\nprecision: fp32\nmemory_scope: process\n"
)
CONFIGURED = "model: a\ndevices:\n  orin: {host: nvidia@10.0.0.5, profile: agx-orin-64gb, python: /opt/py/bin/python}\n"


@pytest.mark.parametrize("name", ["local", "cpu"])
def test_these_names_mean_this_machine(repository: Any, name: str) -> None:
    assert repository.machine(device=name) == Machine(name)
    assert repository.machine() == Machine("local")


def test_a_configured_name_has_its_host_profile_and_python(repository: Any) -> None:
    repository.write(CONFIGURED)
    machine = repository.machine(device="orin")

    assert (machine.name, machine.host, machine.python) == ("orin", "nvidia@10.0.0.5", "/opt/py/bin/python")
    assert machine.profile.name == "agx-orin-64gb"


@pytest.mark.parametrize("address", ["nvidia@10.0.0.5", "ssh://me@box:2222", "ssh://box", "me@[fe80::1%eth0]"])
def test_an_address_needs_no_set_up(repository: Any, address: str) -> None:
    assert repository.machine(device=address) == Machine(address, host=address)
    assert repository.machine(host=address) == Machine(address, host=address)


def test_a_host_alone_is_the_device(repository: Any) -> None:
    assert repository.machine(host="orin-box") == Machine("orin-box", host="orin-box")


@pytest.mark.parametrize(
    "host",
    ["-oProxyCommand=x", "me@-oProxyCommand=x", "ssh://-x", "a b", "a;b", "$(x)", "`x`", "a\nb", "", "a|b", "a\x1bb"],
)
def test_a_host_that_is_an_option_or_for_a_shell_is_refused(repository: Any, host: str) -> None:
    assert repository.refusal(models=("a",), host=host).where == "--host"
    if "@" in host:
        assert repository.refusal(models=("a",), device=host).where == "--device"


def test_a_profile_is_given_an_address_for_one_command(repository: Any) -> None:
    machine = repository.machine(device="AGX-Orin-64GB", host="nvidia@10.0.0.5")

    assert (machine.name, machine.host) == ("agx-orin-64gb", "nvidia@10.0.0.5")
    assert machine.profile.title == "Jetson AGX Orin 64GB"


def test_a_machine_that_is_called_as_a_profile_is_has_that_profile(repository: Any) -> None:
    repository.write(
        "devices:\n  agx-orin-64gb: {host: nvidia@10.0.0.5}\n  t4: {host: me@box, profile: raspberry-pi-5}\n"
    )

    assert repository.machine(device="agx-orin-64gb").profile.name == "agx-orin-64gb"
    assert repository.machine(device="t4").profile.name == "raspberry-pi-5"


def test_a_profile_without_an_address_says_how_to_add_one(repository: Any) -> None:
    error = repository.unreached(models=("a",), device="agx-orin-64gb")

    assert error.exit is Exit.ENVIRONMENT
    assert 'device "agx-orin-64gb"' in error.message
    assert error.hint.startswith("edgeprof device add orin --host user@address --profile agx-orin-64gb")


def test_a_family_lists_its_profiles_and_guesses_none(repository: Any) -> None:
    error = repository.unreached(models=("a",), device="orin")

    assert 'device "orin" is not configured, and fits 6 profiles' in error.message
    assert all(name in error.message for name in ("agx-orin-32gb", "agx-orin-64gb", "orin-nx-8gb", "orin-nano-4gb"))
    assert "edgeprof device add orin --host" in error.hint
    with pytest.raises(TargetError, match="fits 6 profiles"):
        repository.machine(device="orin", host="me@box")  # an address tells not which


def test_a_familys_name_with_a_profile_and_a_host_says_enough(repository: Any) -> None:
    machine = repository.machine(device="orin", host="me@box", profile="orin-nx-8gb")

    assert (machine.name, machine.host, machine.profile.name) == ("orin", "me@box", "orin-nx-8gb")


@pytest.mark.parametrize("device", ["gpu", "gpu:0", "cuda:1"])
def test_a_card_of_this_machine_is_counted_from_0(repository: Any, device: str) -> None:
    machine = repository.machine(device=device)

    assert (machine.host, machine.card) == (None, 1 if device.endswith("1") else 0)


def test_a_card_is_raced_on_by_what_runs_there_in_fp16(repository: Any) -> None:
    request = repository.load(models=("a",), device="gpu")

    assert (request.raced, request.precision) == (("tensorrt",), "fp16")
    assert repository.refusal(models=("a",), device="gpu", runtime="onnxruntime").where == "--runtime"


@pytest.mark.parametrize(("device", "near"), [("orni", "orin"), ("agx-orin-64bg", "agx-orin-64gb"), ("bax", "box")])
def test_an_unknown_name_is_a_mistake_of_usage_and_names_the_nearest(repository: Any, device: str, near: str) -> None:
    repository.write("model: a\ndevices: {box: {host: me@box}}\n")
    error = repository.refusal(device=device)

    assert error.exit is Exit.USAGE
    assert str(error) == f'--device: unknown device "{device}"'
    assert f'"{near}"' in error.hint


def test_an_unknown_name_with_an_address_is_refused_too(repository: Any) -> None:
    assert repository.refusal(models=("a",), device="agx-orin-64bg", host="me@box").where == "--device"


def test_no_name_is_ever_this_machine_instead(repository: Any) -> None:
    repository.write("model: a\ndevices: {half: {threads: 2}}\n")
    for device in ("half", "orin", "t4", "qqqq", "./board.yaml", "gpu:a"):
        with pytest.raises((ConfigError, TargetError)):
            repository.machine(device=device)

    error = repository.unreached(device="half")
    assert 'device "half" is configured without a host' in error.message


def test_this_machine_is_not_elsewhere(repository: Any) -> None:
    assert repository.refusal(models=("a",), device="local", host="me@box").where == "--device"
    assert repository.refusal(models=("a",), device="cpu", environ={"EDGEPROF_HOST": "me@box"}).exit is Exit.USAGE
    repository.write("model: a\ndevices: {local: {host: me@box}}\n")
    assert repository.refusal().where == "edgeprof.yaml:2 devices.local"


def test_a_configured_address_needs_no_host(repository: Any) -> None:
    repository.write('model: a\ndevices: {"me@box": {threads: 2}}\n')
    request = repository.load(device="me@box")

    assert (request.machine.host, request.threads) == ("me@box", 2)


def test_a_profile_of_the_project_or_by_its_path_is_found(repository: Any) -> None:
    repository.write(BOARD, "device_profiles/bench-box.yaml")
    repository.write(
        "model: a\ndevices: {one: {host: h, profile: bench-box}, two: {host: h, profile: ./kinds/own.yaml}}\n"
    )
    repository.write(BOARD, "kinds/own.yaml")

    assert repository.machine(device="one").profile.title == "a board"
    assert repository.machine(device="two").profile.name == "own"
    assert repository.machine(device="./kinds/own.yaml", host="me@box").name == "own"
    assert 'device "./kinds/own.yaml" is a kind of device' in repository.unreached(device="./kinds/own.yaml").message


def test_a_profile_of_the_users_is_found(repository: Any) -> None:
    path = repository.own_devices.parent / "profiles" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(BOARD)

    assert repository.machine(device="mine", host="me@box").profile.origin == str(path)


@pytest.mark.parametrize(
    ("profile", "message", "hint"),
    [
        ("agx-orin-64bg", 'unknown profile "agx-orin-64bg"', '"agx-orin-64gb"'),
        ("orin", 'profile "orin" fits agx-orin-32gb', "name one of them"),
        ("./none.yaml", "./none.yaml: cannot be read", "name a YAML file"),
    ],
)
def test_a_profile_that_cannot_be_meant_is_refused(repository: Any, profile: str, message: str, hint: str) -> None:
    error = repository.refusal(f"model: a\ndevices: {{box: {{host: h, profile: {profile}}}}}\n", device="box")

    assert message in str(error)
    assert hint in error.hint


def test_what_is_required_merges_key_by_key(repository: Any) -> None:
    repository.write_own_devices("box: {host: h, require: {power_mode: MAXN, jetpack: 5.1}}\n")
    repository.write("model: a\ndevices: {box: {require: {jetpack: 6.10, clocks_locked: true}}}\n")
    request = repository.load(device="box")

    assert request.machine.require == {"power_mode": "MAXN", "jetpack": "6.10", "clocks_locked": True}
    assert request.origins["require.jetpack"] == "edgeprof.yaml:2 devices.box"
    assert request.origins["require.power_mode"] == "~/.config/edgeprof/devices.yaml:1"


def test_flags_say_how_the_machine_is_held(repository: Any) -> None:
    repository.write("model: a\ndevices: {box: {host: h, power_mode: 15W, lock_clocks: true}}\n")

    assert repository.machine(device="box").lock_clocks
    machine = repository.machine(device="box", power_mode="MAXN", lock_clocks=False, python="/usr/bin/python3.11")
    assert (machine.power_mode, machine.lock_clocks, machine.python) == ("MAXN", False, "/usr/bin/python3.11")
    assert repository.machine(device="box", environ={"EDGEPROF_POWER_MODE": "7W"}).power_mode == "7W"


def test_what_can_only_be_estimated_is_not_measured_and_says_why(repository: Any) -> None:
    repository.write("model: a\ndevices: {nano: {host: me@nano, profile: jetson-nano}}\n")
    error = repository.unreached(device="nano")

    assert "JetPack 4.6" in error.message
    assert repository.machine(device="nano").host == "me@nano"  # it can still be looked at
