"""A plan on its way to a card: as far as it goes without one, on the library's own classes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.trt.graphs import network
from edgeprof.agent.trt.build import build
from edgeprof.agent.trt.loaded import load_plan, precisions_told
from edgeprof.agent.trt.order import BuildOrder
from edgeprof.core.job import Tensor

ROOT = Path(__file__).parents[3]
OLD_PYTHON = os.environ.get("EDGEPROF_TRT85_PYTHON")
HAS_CARD = os.path.exists("/dev/nvidiactl")
X = Tensor("x", (1, 3, 16, 16), "float32")

CALLS = {
    "ICudaEngine": (
        "num_io_tensors get_tensor_name get_tensor_shape get_tensor_dtype get_tensor_mode create_execution_context "
        "create_engine_inspector"
    ),
    "IExecutionContext": "set_tensor_address execute_async_v3 set_input_shape get_tensor_shape profiler",
    "IProfiler": "report_layer_time",
    "Runtime": "deserialize_cuda_engine DLA_core",
    "EngineInspector": "get_engine_information",
}
BINDINGS = {
    "ICudaEngine": "num_bindings get_binding_name get_binding_dtype binding_is_input get_binding_index",
    "IExecutionContext": "execute_async_v2 set_binding_shape get_binding_shape",
}


def missing(trt: Any, calls: Any) -> Any:
    return [f"{name}.{call}" for name in calls for call in calls[name].split() if not hasattr(getattr(trt, name), call)]


@pytest.mark.trt
def test_every_call_that_is_made_of_a_loaded_plan_is_there(tools: Any) -> None:
    trt = tools.surface.trt

    assert missing(trt, CALLS) == []
    assert tools.surface.names_tensors
    assert hasattr(trt.TensorIOMode, "INPUT")
    assert hasattr(trt.LayerInformationFormat, "JSON")


@pytest.mark.skipif(not OLD_PYTHON, reason="EDGEPROF_TRT85_PYTHON names no interpreter that has TensorRT 8.5")
def test_8_5_has_the_named_tensors_and_the_bindings_before_them() -> None:
    assert OLD_PYTHON is not None
    (site,) = Path(OLD_PYTHON).parent.parent.glob("lib/python*/site-packages")
    libraries = os.pathsep.join(str(folder) for folder in sorted(site.glob("nvidia/*/lib")))
    asks = (
        "import json, sys\nfrom edgeprof.agent.trt.library import load\n"
        "from edgeprof.agent.trt.surface import Surface\n"
        "library, trt = load('tensorrt')\ncalls = json.loads(sys.argv[1])\n"
        "print(json.dumps([[f'{n}.{c}' for one in calls for n in one for c in one[n].split()"
        " if not hasattr(getattr(trt, n), c)], Surface(library, trt).names_tensors]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LD_LIBRARY_PATH": libraries}
    seen = subprocess.run(
        [OLD_PYTHON, "-c", asks, json.dumps([CALLS, BINDINGS])], env=environment, capture_output=True, check=False
    )

    assert seen.returncode == 0, seen.stderr.decode()
    assert json.loads(seen.stdout) == [[], True]


@pytest.mark.trt
@pytest.mark.skipif(HAS_CARD, reason="here is a card")
def test_without_a_driver_a_plan_is_not_loaded_and_the_log_says_why(tools: Any, tmp_path: Path) -> None:
    if not tools.surface.builds_ahead:
        pytest.skip("only TensorRT-RTX builds for a card that is not here")
    build(BuildOrder("fp32", compute_capability="8.9"), network(tmp_path), tmp_path / "a.plan")

    assert load_plan(tools.surface, (tmp_path / "a.plan").read_bytes(), tools.log, [X]) is None
    assert "driver" in tools.log.last


@pytest.mark.trt
def test_what_is_no_plan_is_not_loaded(tools: Any) -> None:
    assert load_plan(tools.surface, b"not a plan", tools.log, [X]) is None
    assert tools.log.errors


@pytest.mark.gpu
@pytest.mark.trt
def test_a_loaded_plan_tells_its_inputs_outputs_and_memory(tools: Any, tmp_path: Path) -> None:
    built = build(BuildOrder("fp32"), network(tmp_path), tmp_path / "a.plan")
    loaded = load_plan(tools.surface, (tmp_path / "a.plan").read_bytes(), tools.log, [X])

    assert loaded is not None
    assert loaded.inputs == [X]
    assert loaded.outputs == [Tensor("y", (1, 1000), "float32")]
    assert loaded.device_bytes() >= (built.activation_bytes or 0)


def test_the_precision_of_each_layer_is_read_from_the_inspectors_words() -> None:
    layers = [
        {"Name": "conv", "Outputs": [{"Format/Datatype": "Channel major FP16 format where channel % 8 == 0"}]},
        {"Name": "head", "Outputs": [{"Format/Datatype": "Row major linear FP16"}]},
        {"Name": "sum", "Outputs": [{"Format/Datatype": "Row major linear FP32"}]},
        {"Name": "q", "Outputs": [{"Format/Datatype": "Thirty-two wide channel vectorized row major Int8 format"}]},
        {"Name": "shape", "Outputs": [{"Format/Datatype": "Row major linear Int32"}]},
    ]

    assert precisions_told(json.dumps({"Layers": layers})) == {"fp16": 2, "fp32": 1, "int8": 1}


@pytest.mark.parametrize("words", ["", "no JSON", "[]", '{"Layers": ["conv", "head"]}', "{}"])
def test_a_plan_that_tells_no_details_tells_no_precision(words: str) -> None:
    assert precisions_told(words) == {}
