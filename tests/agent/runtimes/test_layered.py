"""The runtimes' own profilers: every layer told, with a time of its own, and only of the frames that count."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from edgeprof.agent.runtimes import Layered, runtime_of
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.job import Job, Tensor

LAYERED = ["onnxruntime", "openvino", pytest.param("tensorrt", marks=[pytest.mark.trt, pytest.mark.gpu])]
Rows = List[Tuple[str, List[float], Dict[str, Any]]]
WARMED, FRAMES = 3, 7


def two_convolutions(folder: Path) -> str:
    """One over all channels and a depthwise one, a millisecond or so of work: [1, 16, 96, 96] in and out."""
    pytest.importorskip("onnx")
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    nodes = [
        helper.make_node("Conv", ["x", "full"], ["seen"], "conv_full", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["seen"], ["lit"], "relu"),
        helper.make_node("Conv", ["lit", "thin"], ["y"], "conv_thin", pads=[1, 1, 1, 1], group=16),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 16, 96, 96]) for name in "xy"]
    weights = {"full": (16, 16, 3, 3), "thin": (16, 1, 3, 3)}
    kept = [numpy_helper.from_array(random.random(shape, dtype="float32"), name) for name, shape in weights.items()]
    graph = helper.make_graph(nodes, "two", values[:1], values[1:], kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = folder / "two.onnx"
    path.write_bytes(model.SerializeToString())
    return str(path)


def profiled(name: str, folder: Path) -> Tuple[Rows, float]:
    """The rows, and the seconds that the counted frames took by the host's clock."""
    if name != "tensorrt" and find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    inputs = (Tensor("x", (1, 16, 96, 96), "float32"),)
    job = Job(model="two", artefact="00", form="onnx", inputs=inputs, runtime=name, precision="fp32")
    artefact = two_convolutions(folder)
    runtime = runtime_of(name)
    assert isinstance(runtime, Layered)
    if name == "tensorrt":
        runtime.build(job, artefact, print)  # type: ignore[attr-defined]
    with runtime.open_layered(job, artefact, {}, 1) as session:
        for _ in range(WARMED):
            session.infer()
        session.begin(WARMED)
        began = time.perf_counter()
        for _ in range(FRAMES):
            session.infer()
        spent_s = time.perf_counter() - began
        return list(session.layers(FRAMES)), spent_s


@pytest.mark.parametrize("name", LAYERED)
def test_both_convolutions_are_told_with_a_time(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rows, _ = profiled(name, tmp_path)

    assert len([seconds for _, seconds, told in rows if "Conv" in str(told) and min(seconds) > 0]) == 2


@pytest.mark.parametrize("name", LAYERED)
def test_the_layers_take_no_longer_than_the_frames(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rows, spent_s = profiled(name, tmp_path)
    told_s = sum(sum(seconds) * (1 if len(seconds) > 1 else FRAMES) for _, seconds, _ in rows)

    rounding_s = len(rows) * (WARMED + FRAMES) * 1e-6  # of averages in whole microseconds
    assert 0.05 * spent_s < told_s <= spent_s + rounding_s


@pytest.mark.parametrize(("name", "count"), [("onnxruntime", FRAMES), ("openvino", 1)])
def test_one_that_tells_each_frame_has_a_time_for_each_that_counts(name: str, count: int, tmp_path: Path) -> None:
    rows, _ = profiled(name, tmp_path)

    assert runtime_of(name).tells_each_frame is (count > 1)  # type: ignore[attr-defined]
    assert {len(seconds) for _, seconds, _ in rows} == {count}


def test_the_profile_of_frames_that_did_not_all_run_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    inputs = (Tensor("x", (1, 16, 96, 96), "float32"),)
    job = Job(model="two", artefact="00", form="onnx", inputs=inputs, runtime="onnxruntime", precision="fp32")
    runtime: Any = runtime_of("onnxruntime")
    with runtime.open_layered(job, two_convolutions(tmp_path), {}, 1) as session:
        for _ in range(WARMED + FRAMES):
            session.infer()
        session.begin(WARMED + 1)
        with pytest.raises(RuntimeUnavailable, match=f"after {FRAMES - 1} of {FRAMES} frames"):
            list(session.layers(FRAMES))


def test_the_trace_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    profiled("onnxruntime", tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["two.onnx"]


def test_without_being_asked_no_session_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    inputs = (Tensor("x", (1, 16, 96, 96), "float32"),)
    job = Job(model="two", artefact="00", form="onnx", inputs=inputs, runtime="onnxruntime", precision="fp32")
    with runtime_of("onnxruntime").open(job, two_convolutions(tmp_path), {}, 1) as session:
        session.infer()
        told = session.end_profiling()  # type: ignore[attr-defined]

    assert (told, sorted(path.name for path in tmp_path.iterdir())) == ("", ["two.onnx"])
