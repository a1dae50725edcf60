"""Two candidates in one check, on this machine with a sensor that is a file."""

from __future__ import annotations

import shutil

import pytest
from agent.board.trees import write
from agent.clocks.stand_ins import StandIns

ZONE = "sys/class/thermal/thermal_zone0"
SHORT = ("--runtime", "onnxruntime", "--quick", "--p99", "1s", "--max-duration", "2s", "--warmup", "5it")


@pytest.fixture
def warm(shell, tmp_path, small_onnx):
    """The command about two models, on a board whose temperature is set by the test."""
    board = StandIns(tmp_path / "orin")
    for name in ("first.onnx", "second.onnx"):
        shutil.copyfile(small_onnx, shell.work / name)

    def set_to(degrees):
        write(board.root, {f"{ZONE}/type": "cpu-thermal\n", f"{ZONE}/temp": f"{degrees * 1000}\n"})

    def start(*flags):
        set_to(45)
        started = shell.start("check", "first.onnx", "second.onnx", *SHORT, *flags, **board.environment)
        started.said("process 1 of 1")
        set_to(60)
        return started

    return start, set_to


def test_the_second_waits_until_the_device_is_as_cool_as_at_the_start(shell, warm):
    start, set_to = warm
    started = start()
    started.said("cooling down")
    set_to(46)
    assert started.end().code == 0, started.err
    first, second = shell.saved()
    assert not [note for note in first.notes if "cooled" in note]
    (note,) = [note for note in second.notes if "cooled" in note]
    assert note.endswith("s to 46.0 C")


def test_it_can_be_left_out(shell, warm):
    start, _ = warm
    shell.write("edgeprof.yaml", "version: 1\nsampling: {cool_down: false}\n")
    started = start()
    assert started.end().code == 0, started.err
    assert "cooling down" not in started.err
    assert len(shell.saved()) == 2
