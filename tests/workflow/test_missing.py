"""What a device lacks, with the command that installs it there."""

from __future__ import annotations

import pytest

from edgeprof.core.board import Board
from edgeprof.core.machine import Machine
from edgeprof.workflow.device import FoundRuntime
from edgeprof.workflow.missing import missing_on

JETSON = Board(kind="jetson", tensorrt="10.3.0")
THERE = Machine("orin", host="me@orin")
WHOLE = {"python": "3.10.12", "machine": "aarch64", "numpy": "1.26.4", "tensorrt": "10.3.0"}


def commands(board=JETSON, onnxruntime="1.23.2", where=THERE, **host):
    runtimes = [FoundRuntime("onnxruntime", onnxruntime, ("fp32",), "pip install onnxruntime")]
    return [found.command for found in missing_on(board, {**WHOLE, **host}, runtimes, where)]


def test_a_device_that_has_everything_lacks_nothing():
    assert commands() == []


@pytest.mark.parametrize(
    ("python", "wheel"),
    [
        ("3.8.10", "onnxruntime==1.19.2"),
        ("3.10.12", "onnxruntime==1.23.2"),
        ("3.12.3", "onnxruntime==1.31.1"),
        ("3.11.2", "onnxruntime"),
    ],
)
def test_onnxruntime_is_the_last_with_a_wheel_for_that_python(python, wheel):
    assert commands(onnxruntime=None, python=python) == [f"python3 -m pip install {wheel}"]


def test_elsewhere_pip_finds_the_wheel_itself():
    assert commands(Board(kind="x86"), onnxruntime=None, machine="x86_64") == ["python3 -m pip install onnxruntime"]


def test_a_python_that_the_system_manages_gets_an_environment_that_still_sees_apts_packages():
    (command,) = commands(numpy=None, python="3.12.3", python_is_managed=True)
    assert "-m venv --system-site-packages" in command
    assert "/bin/pip install numpy" in command
    assert "--python '~/edgeprof-python/bin/python'" in command


def test_tensorrts_bindings_come_from_apt():
    assert commands(tensorrt=None) == ["sudo apt install python3-libnvinfer"]


def test_a_jetson_without_tensorrt_gets_it_with_jetpack():
    (command,) = commands(Board(kind="jetson"), tensorrt=None)
    assert command.endswith("sudo apt install nvidia-jetpack")


def test_a_container_without_tensorrt_is_another_image():
    (command,) = commands(Board(kind="jetson", container=True), tensorrt=None)
    assert "docker/README.md" in command


def test_an_ordinary_machine_is_not_asked_for_tensorrt():
    assert commands(Board(kind="x86"), tensorrt=None) == []
