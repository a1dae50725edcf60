"""From a request to a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgeprof.config import Request, load_request
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import resolve
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConfigError
from edgeprof.core.job import Tensor
from edgeprof.targets.local import LocalTarget
from edgeprof.workflow.device import Device, FoundRuntime
from edgeprof.workflow.prepare import _asides, _batch, _expect_taken, _start, as_read_by
from workflow.boards import a_workshop


@pytest.fixture
def request_of_two(tmp_path: Path) -> Request:
    return load_request({"models": ("x.onnx",), "batch": 2}, cwd=tmp_path, environ={})


@pytest.mark.parametrize(
    ("shapes", "frames"),
    [
        ([(4, 3, 224, 224)], 4),
        ([(2,), (4, 3, 224, 224)], 4),
        ([(1080, 1920, 3)], 2),
        ([(4, 1080, 1920, 3)], 4),
        ([(300, 4)], 2),
        ([()], 2),
    ],
    ids=str,
)
def test_only_an_images_rows_are_frames(request_of_two, shapes, frames):
    inputs = tuple(Tensor(f"x{i}", shape, "float32") for i, shape in enumerate(shapes))
    artefact = Artefact("x.onnx", "onnx", "onnx", "x.onnx", "00", 1, "fp32", inputs, ())
    assert _batch(request_of_two, artefact) == frames


def test_of_a_graph_that_takes_frames_the_size_asked_for_is_that_of_the_network(tmp_path: Path) -> None:
    inputs = (Tensor("frame", (1, 200, 256, 3), "uint8"),)
    made = Artefact("x.onnx", "onnx", "onnx", "x.onnx", "00", 1, "fp32", inputs, (), card={"network": "128x96"})

    def expect(res: str) -> None:
        flags = {"models": ("x.onnx",), "frame": "uint8:256x200", "res": res}
        _expect_taken(load_request(flags, cwd=tmp_path, environ={}), made)

    expect("native")
    expect("128x96")
    with pytest.raises(ConfigError, match="no input takes res 256x200"):
        expect("256x200")


@pytest.mark.parametrize(("tensorrt", "opset"), [("8.6.1.6", 17), ("10.3.0", 20)])
def test_a_graph_is_written_in_the_opset_that_the_devices_tensorrt_reads(tmp_path: Path, tensorrt, opset) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"")

    assert as_read_by(Recipe("resnet18"), tensorrt) == Recipe("resnet18", opset=opset, reader="tensorrt")
    assert as_read_by(Recipe("shop:make"), tensorrt).opset == opset
    mine = Recipe(str(tmp_path / "mine.onnx"))
    assert as_read_by(mine, tensorrt) == replace(mine, reader="tensorrt")  # a file keeps its own


@pytest.mark.parametrize(
    ("runtime", "operator"), [("onnxruntime-tensorrt", "ConvTranspose"), ("onnxruntime-cuda", "Col2Im")]
)
def test_what_parses_with_tensorrts_parser_gets_what_that_reads(tmp_path: Path, runtime, operator) -> None:
    import numpy as np
    from onnx import TensorProto, helper, load, numpy_helper, save

    sizes = [numpy_helper.from_array(np.array(sides), name) for name, sides in (("size", [8, 8]), ("window", [2, 2]))]
    joined = helper.make_node("Col2Im", ["columns", "size", "window"], ["out"], strides=[2, 2])
    columns = helper.make_tensor_value_info("columns", TensorProto.FLOAT, [1, 12, 16])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    graph = helper.make_graph([joined], "graph", [columns], [out], sizes)
    model = str(tmp_path / "windows.onnx")
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), model)
    request = load_request({"models": (model,), "runtime": runtime}, cwd=tmp_path, environ={})
    found = (FoundRuntime(runtime, "1.23.2", ("fp32",), ""),)
    device = Device("box", LocalTarget(), None, {}, found, "")  # type: ignore[arg-type]

    started = _start(request, model, device, a_workshop(tmp_path), runtime, "fp32")

    assert operator in [node.op_type for node in load(started.artefact.path).graph.node]


def test_what_auto_leaves_out_is_said_whether_it_is_not_installed_or_lacks_something(tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"")
    request = load_request({"models": ("mine.onnx",), "runtime": "auto"}, cwd=tmp_path, environ={})
    request = replace(request, raced=("tensorrt", "openvino", "onnxruntime"))
    runtimes = (
        FoundRuntime("onnxruntime", "1.20.0", ("fp32",), "pip install onnxruntime"),
        FoundRuntime("openvino", None, ("fp32",), "pip install openvino"),
        FoundRuntime("tensorrt", "tensorrt 10.3.0", ("fp16",), "", "the NVIDIA driver shows no card", "see nvidia-smi"),
    )
    device = Device("box", LocalTarget(), None, {}, runtimes, "")  # type: ignore[arg-type]
    openvino, tensorrt = _asides(request, resolve(str(tmp_path / "mine.onnx")), device)

    assert openvino.startswith("not raced: openvino, not installed on box: ")
    assert tensorrt == (
        "not raced: tensorrt, tensorrt 10.3.0 cannot run on box: the NVIDIA driver shows no card; see nvidia-smi"
    )
