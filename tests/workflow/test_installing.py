"""The command that brings a package, for the interpreter that the agent runs under."""

from __future__ import annotations

import sys
from dataclasses import replace
from shlex import quote

import pytest

from edgeprof.core.board import Board, Card
from edgeprof.core.machine import Machine
from edgeprof.workflow.installing import (
    has_tensorrt_wheels,
    interpreter_of,
    packages_of,
    pip_command,
    tensorrt_command,
)

ORIN = Machine("orin", host="me@orin")
HOST = {"python": "3.10.12", "machine": "aarch64", "numpy": "1.26.4"}


@pytest.mark.parametrize(
    ("machine", "python"),
    [
        (ORIN, "python3"),
        (replace(ORIN, python="/opt/venv/bin/python"), "/opt/venv/bin/python"),
        (Machine("local"), quote(sys.executable)),
        (Machine("local", python="python3.9"), "python3.9"),
    ],
)
def test_the_interpreter_is_the_one_that_the_agent_runs_under(machine, python):
    assert interpreter_of(machine) == python
    assert pip_command(["openvino"], HOST, machine) == f"{python} -m pip install openvino"


def test_numpy_is_brought_along_where_it_is_missing():
    assert packages_of("pip install openvino", HOST) == ["openvino"]
    assert packages_of("pip install openvino", {**HOST, "numpy": None}) == ["numpy", "openvino"]


def test_a_wheel_that_this_python_has_is_pinned():
    assert packages_of("pip install onnxruntime", HOST) == ["onnxruntime==1.23.2"]


def test_an_environment_for_this_machine_is_named_by_a_flag_and_not_by_a_device():
    command = pip_command(["numpy"], {**HOST, "python_is_managed": True}, Machine("local"))

    assert "-m venv" in command
    assert "name it: --python '~/edgeprof-python/bin/python'" in command
    assert not command.startswith("on ")
    assert pip_command(["numpy"], {**HOST, "python_is_managed": True}, ORIN).startswith("on orin: python3 -m venv")


@pytest.mark.parametrize(
    ("board", "words"),
    [
        (Board(kind="jetson"), "nvidia-jetpack"),
        (Board(kind="jetson", container=True), "docker/README.md"),
        (Board(kind="jetson", tensorrt="10.3.0"), "python3-libnvinfer"),
    ],
)
def test_a_jetsons_tensorrt_never_comes_from_pip(board, words):
    assert words in tensorrt_command(board)


@pytest.mark.parametrize(
    ("board", "machine", "has"),
    [
        (Board("x86"), "x86_64", True),
        (Board("x86", cards=(Card(0, "NVIDIA GeForce RTX 4090", compute_capability="8.9"),)), "x86_64", True),
        (Board("x86", cards=(Card(0, "NVIDIA H100 PCIe", compute_capability="9.0"),)), "x86_64", False),
        (Board("x86", cards=(Card(0, "Tesla V100-SXM2-16GB", compute_capability="7.0"),)), "x86_64", False),
        (Board("other"), "aarch64", False),
        (Board("jetson"), "aarch64", False),
    ],
)
def test_wheels_of_tensorrt_are_named_where_they_run(board, machine, has):
    assert has_tensorrt_wheels(board, {**HOST, "machine": machine}) is has
