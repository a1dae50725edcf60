"""`edgeprof doctor`: what is here, what would spoil a measurement, and the remedy."""

from __future__ import annotations

import pytest


@pytest.fixture
def remarks():
    """Topic to text of what doctor printed."""

    def of(ended):
        lines = [line for line in ended.out.splitlines() if line[:1] in ("!", " ") and line[2:3].strip()]
        return {line[2:].split()[0]: line for line in lines}

    return of


@pytest.mark.export
@pytest.mark.slow
def test_a_machine_in_order_ends_in_0_and_is_described(shell, remarks):
    ended = shell("doctor")
    assert ended.code == 0, ended.out
    said = remarks(ended)
    assert {"edgeprof", "export", "cache", "saved", "onnxruntime", "machine", "cores", "governor", "memory"} <= set(
        said
    )
    assert "fp32" in said["onnxruntime"]
    assert str(shell.cache) in said["cache"]
    assert str(shell.lock) in said["lock"]
    assert "fake" not in said
    assert not shell.measurements.exists()


def test_what_is_missing_is_said_with_what_installs_it(shell, remarks):
    python = shell.python_without("timm", "torchvision", "openvino")
    ended = shell.start("doctor", command=(python, "-m", "edgeprof")).end()
    assert ended.code == 0  # .onnx files can still be measured
    said = remarks(ended)
    assert said["export"].startswith("!")
    assert "timm missing" in said["export"]
    assert said["openvino"].startswith("  openvino     not installed, and nothing asks for it")
    assert "pip install torch" in ended.out
    assert f"{python} -m pip install openvino" in ended.out


def test_a_runtime_that_the_request_names_is_to_be_installed(shell, remarks):
    python = shell.python_without("timm", "openvino")
    shell.write("edgeprof.yaml", "version: 1\nruntime: openvino\n")
    ended = shell.start("doctor", command=(python, "-m", "edgeprof")).end()

    assert remarks(ended)["openvino"].startswith("! openvino     not installed")


def test_what_was_saved_is_counted(shell, remarks):
    shell("check", shell.fake(latency_ms=10), "--quick", "--p99", "100")
    ended = shell.start("doctor", command=(shell.python_without("timm"), "-m", "edgeprof")).end()
    said = remarks(ended)

    assert ": 1 measurement, " in said["saved"]
    assert ": 0 artefacts, " in said["cache"]


def test_where_nothing_can_be_measured_it_ends_in_4(shell):
    python = shell.python_without("timm", "torch", "openvino", "onnx")
    ended = shell.start("doctor", command=(python, "-m", "edgeprof")).end()
    assert ended.code == 4
    assert "nothing can be measured" in ended.out


def test_a_cache_that_is_no_folder_ends_in_5_and_names_the_variable(shell):
    shell.cache.write_text("in the way")
    ended = shell.start("doctor", command=(shell.python_without("timm"), "-m", "edgeprof")).end()
    assert ended.code == 5
    assert "EDGEPROF_CACHE" in ended.out


def test_it_says_who_holds_the_device_and_nobody_else(shell):
    command = (shell.python_without("timm"), "-m", "edgeprof")
    with shell.locked("ann@bench (process 7, resnet50)"):
        held = shell.start("doctor", command=command).end()
    free = shell.start("doctor", command=command).end()
    assert f"{shell.lock}: ann@bench (process 7, resnet50) holds it, for " in " ".join(held.out.split())
    assert "holds it" not in free.out


def test_a_device_that_is_not_reached_ends_in_4(shell):
    ended = shell.start("doctor", "--device", "orin", command=(shell.python_without("timm"), "-m", "edgeprof")).end()
    assert ended.code == 4
    assert 'device "orin" is not configured' in ended.err
