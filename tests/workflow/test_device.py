"""The way from a device's name to a machine that answers."""

from __future__ import annotations

import os
import pwd

import pytest

from edgeprof.core.errors import ConvertError, RuntimeUnavailable, TargetError
from edgeprof.core.exits import Exit
from edgeprof.workflow.device import holder, open_device


@pytest.fixture
def device(tmp_path):
    with open_device("local", tmp_path / "agent") as opened:
        yield opened


def test_this_machine_tells_its_host_its_runtimes_and_its_lock(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEPROF_LOCK", str(tmp_path / "lock"))
    with open_device("local", tmp_path / "agent") as device:
        assert device.lock == str(tmp_path / "lock")
        assert device.host["hostname"] == os.uname().nodename
        assert device.host["cores"] == len(os.sched_getaffinity(0))
        assert device.runtime("fake").version == "built in"
    assert not (tmp_path / "lock").exists()  # to describe a device takes no lock


def test_a_runtime_that_nobody_knows_is_answered_with_those_there_are(device):
    with pytest.raises(RuntimeUnavailable, match='unknown runtime "tensorrt"') as caught:
        device.runtime("tensorrt")
    assert "onnxruntime" in caught.value.hint


def expect_refusal(*arguments, **keywords):
    with open_device(*arguments, **keywords):
        pytest.fail("it was opened")


@pytest.mark.parametrize(
    ("name", "is_configured"), [("orin", False), ("orin", True), ("nvidia@10.0.0.5", False), ("gpu:1", False)]
)
def test_a_device_elsewhere_is_refused_and_not_replaced(tmp_path, name, is_configured):
    with pytest.raises(TargetError, match=name) as caught:
        expect_refusal(name, tmp_path / "agent", is_configured=is_configured)
    assert caught.value.hint
    assert not (tmp_path / "agent").exists()


def test_an_agent_that_cannot_be_written_is_an_error_with_the_variable_that_helps(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConvertError, match="the agent cannot be written") as caught:
        expect_refusal("local", tmp_path / "file" / "agent")
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
