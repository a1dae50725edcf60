"""The way from a device's name to a machine that answers."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from dataclasses import replace

import pytest

from edgeprof.agent.runtimes import runtime_of
from edgeprof.convert.cache import Cache
from edgeprof.core.errors import AgentError, ConvertError, RuntimeUnavailable, TargetError
from edgeprof.core.exits import Exit
from edgeprof.core.machine import Machine
from edgeprof.core.profile import Profile
from edgeprof.targets.local import LocalTarget
from edgeprof.targets.ssh import SshTarget
from edgeprof.workflow.device import FoundRuntime, holder, open_device, target_of, tell_of_wait, waiting_for
from edgeprof.workflow.fitness import remarks_of
from edgeprof.workflow.progress import Silence
from edgeprof.workflow.workshop import Workshop

LOCAL = Machine("local")
XAVIER = Profile("xavier", "Xavier", (), ("onnxruntime",), "fp16", "unified", python="python3.8")


def workshop_in(folder):
    return Workshop(Cache(folder), folder / "measurements", Silence())


@pytest.fixture
def device(tmp_path):
    with open_device(LOCAL, workshop_in(tmp_path)) as opened:
        yield opened


def test_this_machine_tells_its_host_its_runtimes_and_its_lock(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEPROF_LOCK", str(tmp_path / "lock"))
    with open_device(LOCAL, workshop_in(tmp_path)) as device:
        assert (device.name, device.machine) == ("local", LOCAL)
        assert device.lock == str(tmp_path / "lock")
        assert device.host["hostname"] == os.uname().nodename
        assert device.host["cores"] == len(os.sched_getaffinity(0))
        assert device.runtime("fake").version == "built in"
    assert not (tmp_path / "lock").exists()  # to describe a device takes no lock


def test_a_runtime_that_nobody_knows_is_answered_with_those_there_are(device):
    with pytest.raises(RuntimeUnavailable, match='unknown runtime "tensorflow"') as caught:
        device.runtime("tensorflow")
    assert "onnxruntime" in caught.value.hint


def test_a_runtime_that_lacks_more_than_its_package_says_what_and_is_not_used(device):
    lacking = FoundRuntime("tensorrt", "tensorrt 10.3.0", ("fp16",), "apt", "there is no driver", "install it")
    with pytest.raises(RuntimeUnavailable, match=r"tensorrt 10.3.0 cannot run on .*: there is no driver") as caught:
        replace(device, runtimes=(lacking,)).runtime("tensorrt")

    assert caught.value.hint == "install it"
    bare = FoundRuntime("torch-cuda", "2.9.0", ("fp32",), "pip", "there is no driver", "install it")
    with pytest.raises(RuntimeUnavailable, match=r"torch-cuda 2.9.0 cannot run on"):
        replace(device, runtimes=(bare,)).runtime("torch-cuda")
    assert not lacking.is_usable
    assert replace(lacking, lack=None).is_usable


def expect_refusal(machine, folder, wait_s=None):
    with open_device(machine, workshop_in(folder), wait_s):
        pytest.fail("it was opened")


@pytest.mark.parametrize(
    ("machine", "hint"),
    [
        (Machine("orin"), "edgeprof device add orin --host user@address"),
        (Machine("box", profile=XAVIER), "edgeprof device add box --host user@address --profile xavier"),
        (Machine("xavier", profile=XAVIER), "edgeprof device add NAME --host user@address --profile xavier"),
        (Machine("orin", host="no-such-box.invalid"), "your ssh configuration"),
    ],
)
def test_a_device_that_is_not_reached_is_refused_and_not_replaced(tmp_path, machine, hint):
    with pytest.raises(TargetError, match=f'device "{machine.name}"') as caught:
        expect_refusal(machine, tmp_path)
    assert hint in caught.value.hint
    assert caught.value.exit is Exit.ENVIRONMENT


def test_a_machine_with_a_host_is_never_this_one():
    assert isinstance(target_of(Machine("local", host="box"), Silence()), SshTarget)
    assert isinstance(target_of(Machine("cpu"), Silence()), LocalTarget)


def test_the_interpreter_is_the_machines_else_the_profiles(monkeypatch):
    asked = [Machine("x", "box", XAVIER, "python3.11"), Machine("x", "box", XAVIER), Machine("x", "box")]

    assert [target_of(machine, Silence())._python for machine in asked] == ["python3.11", "python3.8", "python3"]


class Described(LocalTarget):
    """An agent that describes itself in its own way."""

    def __init__(self, description):
        super().__init__()
        self._description = description

    def start(self, agent):
        key = agent.rpartition("-")[2].partition(".")[0]
        script = f'print(\'{{"protocol": 1, "agent": "{key}"}}\'); print({self._description!r})'
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen([sys.executable, "-c", script], **pipes)


LOCK = '{"path": "", "holder": null}'


def description(runtimes="[]", host="{}", lock=LOCK):
    return f'{{"event": "done", "runtimes": {runtimes}, "host": {host}, "lock": {lock}}}'


@pytest.mark.parametrize(
    "description",
    [
        '{"event": "done"}',
        description(runtimes="7"),
        description(runtimes="[{}]"),
        description(runtimes='[{"name": 7, "precisions": [], "install": ""}]'),
        description(host='{"cores": "two"}'),
        description(host='{"quota_cores": [1]}'),
        description(host='{"temperatures": {"cpu": "warm"}}'),
        description(host='{"memory_bytes": 1' + "0" * 400 + "}"),
        description(host='{"load_average": 1e400}'),
        description(host="7"),
        description(host='{"board": {"chip": 7}}'),
        description(lock='"/tmp/lock"'),
        description(lock='{"path": ""}'),
    ],
)
def test_a_device_that_describes_itself_in_nonsense_is_the_agents_error(tmp_path, monkeypatch, description):
    monkeypatch.setattr("edgeprof.workflow.device.target_of", lambda *_: Described(description))
    with pytest.raises(AgentError, match="describes itself") as caught:
        expect_refusal(LOCAL, tmp_path)
    assert caught.value.cause == "garbled"


def test_a_device_that_tells_little_is_examined_all_the_same(tmp_path, monkeypatch):
    little = description(host='{"shape": "round"}')
    monkeypatch.setattr("edgeprof.workflow.device.target_of", lambda *_: Described(little))
    with open_device(LOCAL, workshop_in(tmp_path)) as device:
        said = {remark.topic: remark.text for remark in remarks_of(device)}

        assert device.host == {"shape": "round"}  # for the record, as it was told
        assert [said[topic] for topic in ("machine", "cores", "memory")] == ["not visible"] * 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
def test_an_agent_in_a_cache_that_is_open_to_all_is_neither_made_nor_run(tmp_path):
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent").chmod(0o777)
    os.chown(tmp_path / "agent", 12345, 12345)
    with pytest.raises(ConvertError, match="belongs to another user"):
        expect_refusal(LOCAL, tmp_path)

    assert list((tmp_path / "agent").iterdir()) == []


def test_an_agent_that_cannot_be_written_is_an_error_with_the_variable_that_helps(tmp_path):
    (tmp_path / "agent").write_text("in the way")
    with pytest.raises(ConvertError, match="the agent cannot be written") as caught:
        expect_refusal(LOCAL, tmp_path)
    assert caught.value.exit is Exit.CONVERSION
    assert "EDGEPROF_CACHE" in caught.value.hint


def test_a_holder_names_the_user_the_process_and_the_model(monkeypatch):
    monkeypatch.setenv("LOGNAME", "ann")
    assert holder("resnet50").startswith("ann@")
    assert holder("resnet50").endswith(f"(process {os.getpid()}, resnet50)")


def test_a_user_without_a_name_is_a_number(monkeypatch):
    """As in a container that is started with `--user 1234`."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)

    def nobody(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert holder("resnet50").startswith(f"user {os.getuid()}@")


@pytest.mark.parametrize(
    ("held_s", "words"), [(7.4, ", for 7 s now"), (600, ", for 10 min now"), (90_000, ", for 25 h now")]
)
def test_who_waits_is_told_for_whom_and_since_when(held_s, words):
    said = waiting_for({"event": "waiting", "holder": "ann@bench", "held_s": held_s})

    assert said == f"waiting for the device: ann@bench holds it{words}"


@pytest.mark.parametrize("held_s", [None, "long", -1.0, 1.7e9, 10**400])
def test_how_long_is_left_out_where_the_devices_clock_cannot_know(held_s):
    said = waiting_for({"event": "waiting", "holder": "ann@bench", "held_s": held_s})

    assert said == "waiting for the device: ann@bench holds it"


class Heard(Silence):
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(f"say {text}")

    def show(self, text):
        self.lines.append(f"show {text}")


def test_what_any_task_waits_for_is_told_and_nothing_of_other_events():
    heard = Heard()
    for event in ({"event": "waiting", "holder": ""}, {"event": "building", "words": "the plan"}, {"event": "done"}):
        tell_of_wait(event, heard)

    assert heard.lines == ["say waiting for the device: another measurement holds it", "show building the plan"]


def test_a_board_is_told_that_no_index_has_its_onnxruntime_for_the_gpu(device):
    found = FoundRuntime("onnxruntime-cuda", None, ("fp32",), runtime_of("onnxruntime-cuda").install)
    board = replace(device, host={**device.host, "machine": "aarch64"})

    assert "NVIDIA builds" in board.install(found)
    assert "pip install onnxruntime-gpu" in replace(device, host={**device.host, "machine": "x86_64"}).install(found)


def test_a_holder_cannot_write_lines_of_its_own():
    assert waiting_for({"event": "waiting", "holder": "ann\nverdict  PASS"}) == (
        "waiting for the device: ann verdict PASS holds it"
    )
