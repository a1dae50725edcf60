"""What doctor says of a device, near and far."""

from __future__ import annotations

import platform
import sys
from dataclasses import replace

import pytest

from edgeprof.core.machine import Machine
from edgeprof.workflow import fitness
from edgeprof.workflow.device import Device, FoundRuntime
from edgeprof.workflow.fitness import remarks_of
from workflow.boards import a_machine, opened


def remarks(folder, machine):
    with opened(folder, machine) as (device, _):
        return {remark.topic: remark for remark in remarks_of(device)}


def test_a_board_in_order_has_nothing_fatal(tmp_path, orin):
    said = remarks(tmp_path, a_machine("orin-nano-8gb", require={"power_mode": "25W"}))
    assert not [topic for topic, remark in said.items() if remark.is_fatal]
    assert said["power mode"].text.startswith("25W")
    assert said["lock"].text == str(tmp_path / "lock")
    assert "fake" not in said
    assert "load" not in said  # of this very machine doctor itself knows more


def test_what_would_refuse_a_check_is_fatal_here_too(tmp_path, orin):
    said = remarks(tmp_path, a_machine("agx-orin-64gb", require={"power_mode": "15W"}))
    assert said["profile"].is_fatal
    assert said["require"].remedy == "sudo nvpmodel -m 0"
    assert said["require"].is_fatal


def test_a_board_that_is_only_estimated_is_said_to_be(tmp_path, orin):
    assert remarks(tmp_path, a_machine("jetson-nano"))["profile"].is_fatal


def test_what_an_earlier_hold_left_is_to_be_put_right(tmp_path, orin, monkeypatch):
    from edgeprof.agent.clocks import record

    left = record.Record("ann", 1.0, "", ("power mode 25W instead of 15W",), ("sudo nvpmodel -m 0",), "25W")
    assert record.keep(left)
    hold = remarks(tmp_path, a_machine())["hold"]
    assert hold.remedy == "sudo nvpmodel -m 0"
    assert not hold.is_fatal


def test_a_far_device_tells_its_own_load_disk_and_what_installs_what_it_lacks(tmp_path, far_orin, monkeypatch):
    monkeypatch.setattr(fitness, "_LEAST_FREE_BYTES", 1 << 60)
    said = remarks(tmp_path, Machine("orin", host="box", python=sys.executable))
    assert "in the last minute" in said["load"].text
    assert said["python"].text == f"{platform.python_version()} at {sys.executable}"
    assert "GiB available of " in said["memory"].text
    assert "edgeprof device clean orin" in said["disk"].remedy
    assert said["board"].text.startswith("Jetson, p3767-0005")


@pytest.mark.parametrize(("load", "is_busy"), [(0.1, False), (8.0, True)])
def test_a_device_that_is_busy_is_something_to_look_at(tmp_path, orin, load, is_busy):
    with opened(tmp_path, a_machine()) as (device, _):
        device.host.update(load_average=load, cores_online=4)
        assert (fitness._load_average(device).remedy is not None) is is_busy


def test_a_runtime_that_nothing_asks_for_is_no_problem(tmp_path, orin):
    with opened(tmp_path, a_machine()) as (device, _):
        there = [replace(r, version=None) if r.name == "openvino" else r for r in device.runtimes]
        bare = replace(device, runtimes=tuple(there))
        said = {asked: {r.topic: r for r in remarks_of(bare, asked)}["openvino"] for asked in ("auto", "openvino")}

    assert said["auto"].remedy is None
    assert "nothing asks for it" in said["auto"].text
    assert said["openvino"].remedy == f"{sys.executable} -m pip install openvino"


@pytest.mark.parametrize(
    ("name", "asked", "remedy"),
    [
        ("local", "auto", None),
        ("local", "tensorrt", "get one"),
        ("gpu", "auto", "get one"),
        ("gpu:1", "auto", "get one"),
    ],
)
def test_a_runtime_that_lacks_a_driver_is_a_problem_where_it_would_be_used(name, asked, remedy):
    lacking = FoundRuntime("tensorrt", "tensorrt 10.3.0", ("fp16",), "", "there is no driver", "get one")
    usable = FoundRuntime("onnxruntime", "1.31.1", ("fp32",), "")
    device = Device(name, None, None, {}, (lacking, usable), "", Machine(name))
    said = {remark.topic: remark for remark in fitness._runtimes(device, asked)}

    assert said["tensorrt"].text == "tensorrt 10.3.0, but there is no driver"
    assert said["tensorrt"].remedy == remedy
    assert said["onnxruntime"].remedy is None
