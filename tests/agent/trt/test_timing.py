"""What earlier builds timed, in a file: with the library's own caches, filled by no build where there is no card."""

import os
import threading
from pathlib import Path

import pytest

from edgeprof.agent.trt import timing
from edgeprof.agent.trt.build import build
from edgeprof.agent.trt.library import Library
from edgeprof.agent.trt.order import BuildOrder
from edgeprof.core.files import locked

# TensorRT-RTX's caches hold nothing, but they are made, joined and written like all others.
pytestmark = pytest.mark.filterwarnings("ignore:.*Timing cache operations are no-ops:DeprecationWarning")


@pytest.fixture
def config(tools):
    if not hasattr(tools.surface.trt.IBuilderConfig, "create_timing_cache"):
        pytest.skip("this library keeps no timings")
    return tools.builder.create_builder_config


def test_each_library_version_and_card_has_a_file_of_its_own():
    paths = {
        timing.path_in(Path("t"), Library(name, version), place).name
        for name in ("tensorrt", "tensorrt_rtx")
        for version in ("10.3.0", "10.4.0")
        for place in ("NVIDIA L4", "NVIDIA RTX A2000/8GB")
    }

    assert len(paths) == 8
    assert "tensorrt-10.3.0-NVIDIA-L4.timings" in paths
    assert not any("/" in name for name in paths)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x00" * 4096])
def test_what_a_build_did_not_write_is_not_read(tmp_path, content):
    (tmp_path / "a.timings").write_bytes(content)

    assert timing.read(tmp_path / "a.timings") is None
    assert timing.read(tmp_path / "none.timings") is None


@pytest.mark.parametrize("content", [b"", b"timings", b"\x00" * 4096])
def test_what_was_written_is_read_unless_a_bit_changed(tmp_path, content):
    path = tmp_path / "a.timings"
    timing.write(path, content)

    assert timing.read(path) == content
    path.write_bytes(path.read_bytes() + b"x")
    assert timing.read(path) is None


@pytest.mark.trt
def test_a_first_build_finds_none_and_leaves_a_file_that_the_second_takes(config, tmp_path):
    path = tmp_path / "deep" / "a.timings"
    first = config()

    assert timing.attach(first, path) is False
    timing.keep(first, path)
    left = path.read_bytes()

    assert left
    assert timing.attach(config(), path) is True
    assert path.read_bytes() == left


@pytest.mark.trt
@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x00" * 4096])
def test_a_broken_file_is_ignored_and_written_anew(config, tmp_path, content):
    path = tmp_path / "a.timings"
    path.write_bytes(content)
    attached = config()

    assert timing.attach(attached, path) is False
    timing.keep(attached, path)

    assert path.read_bytes() != content
    assert timing.attach(config(), path) is True


@pytest.mark.trt
def test_writing_waits_for_whoever_writes(config, tmp_path):
    path = tmp_path / "a.timings"
    attached = config()
    timing.attach(attached, path)

    with locked(Path(f"{path}.lock"), "another build", print, lambda: True):
        writing = threading.Thread(target=timing.keep, args=(attached, path))
        writing.start()
        writing.join(0.5)

        assert writing.is_alive()
        assert not path.exists()
    writing.join(10)

    assert path.exists()


@pytest.mark.trt
def test_a_folder_that_cannot_be_written_costs_nothing_but_time(config):
    attached = config()
    timing.attach(attached, Path("/proc/edgeprof/a.timings"))

    timing.keep(attached, Path("/proc/edgeprof/a.timings"))

    assert not os.path.exists("/proc/edgeprof")


@pytest.mark.trt
@pytest.mark.gpu
def test_the_second_build_reuses_what_the_first_timed(tools, tmp_path):
    from agent.trt.graphs import network

    if not tools.surface.keeps_timings:
        pytest.skip("TensorRT-RTX times nothing while it builds")
    path, onnx = tmp_path / "a.timings", network(tmp_path)

    first = build(BuildOrder("fp32"), onnx, tmp_path / "1.plan", path)
    left = path.read_bytes()
    second = build(BuildOrder("fp32"), onnx, tmp_path / "2.plan", path)
    third = build(BuildOrder("fp32", number=1), onnx, tmp_path / "3.plan", path)

    assert (first.timings_reused, second.timings_reused, third.timings_reused) == (False, True, None)
    assert len(left) > 1000
    assert len(path.read_bytes()) == len(left)
