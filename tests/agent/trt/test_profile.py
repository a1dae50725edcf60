"""TensorRT's own profiler, on the library's classes as far as they go without a card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.trt.graphs import network
from edgeprof.agent.runtimes import Layered, runtime_of
from edgeprof.agent.trt.profile import profiler_of, rows_of
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.job import Job, Tensor

CONV = {"Name": "conv + relu", "LayerType": "CaskConvolution", "Groups": 1, "TacticName": "sm80_long_name"}
INFORMATION = json.dumps({"Layers": [CONV, "a name alone"]})


@pytest.mark.trt
def test_the_librarys_own_profiler_hears_each_layer_in_order(tools: Any) -> None:
    profiler = profiler_of(tools.surface.trt)
    assert isinstance(profiler, tools.surface.trt.IProfiler)
    for layer, ms in (("a", 1.0), ("b", 0.5), ("a", 2.0)):
        profiler.report_layer_time(layer, ms)

    assert profiler.seconds == {"a": [0.001, 0.002], "b": [0.0005]}


@pytest.mark.trt
def test_a_context_takes_a_profiler_and_reports_each_inference_unasked(tools: Any) -> None:
    context = tools.surface.trt.IExecutionContext

    assert isinstance(context.profiler, property)
    assert context.profiler.fset is not None
    assert isinstance(context.enqueue_emits_profile, property)


def test_a_layers_times_come_with_what_the_plan_tells_of_it() -> None:
    rows = list(rows_of({"conv + relu": [0.001, 0.002], "other": [0.003, 0.004]}, INFORMATION, 2))

    assert rows[0] == ("conv + relu", [0.001, 0.002], {"LayerType": "CaskConvolution", "Groups": 1})
    assert rows[1] == ("other", [0.003, 0.004], {})


def test_a_layer_that_a_frame_runs_twice_is_summed() -> None:
    ((_, seconds, _),) = rows_of({"a": [0.001, 0.002, 0.003, 0.004]}, "", 2)

    assert seconds == pytest.approx([0.003, 0.007])


@pytest.mark.trt
@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="here is a card")
def test_without_a_driver_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    runtime = runtime_of("tensorrt")
    assert isinstance(runtime, Layered)
    inputs = (Tensor("x", (1, 3, 16, 16), "float32"),)
    job = Job(model="a", artefact="00", form="onnx", inputs=inputs, runtime="tensorrt", precision="fp32")
    opening = runtime.open_layered(job, str(network(tmp_path)), {}, 1)
    with pytest.raises(RuntimeUnavailable, match=r"driver|libcudart"), opening:
        pass
