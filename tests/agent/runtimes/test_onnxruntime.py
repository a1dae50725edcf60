"""What the onnxruntime adapter takes beyond the contract that every runtime keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Tuple

import pytest

from edgeprof.agent.runtimes import runtime_of
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.job import Job, Tensor

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

PAD_FUSION_OFF = (("disabled_optimizers", "Pad_Fusion,ConvAddFusion"),)


def padded_maximum(folder: Path) -> str:
    """Zeros around negative numbers, then a maximum: nothing but the right answer has a zero in its corner."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Abs", ["input"], ["positive"]),
        helper.make_node("Neg", ["positive"], ["negative"]),
        helper.make_node("Pad", ["negative", "pads"], ["padded"]),
        helper.make_node("MaxPool", ["padded"], ["output"], kernel_shape=[3, 3]),
    ]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 1, 4, 4]) for n in ("input", "output")]
    pads = helper.make_tensor("pads", TensorProto.INT64, [8], [0, 0, 1, 1, 0, 0, 1, 1])
    graph = helper.make_graph(nodes, "padded", values[:1], values[1:], [pads])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = folder / "padded.onnx"
    path.write_bytes(model.SerializeToString())
    return str(path)


def corner(folder: Path, options: Tuple[Tuple[str, str], ...]) -> float:
    job = Job(
        model="padded",
        artefact="00",
        form="onnx",
        inputs=(Tensor("input", (1, 1, 4, 4), "float32"),),
        runtime="onnxruntime",
        precision="fp32",
        options=options,
    )
    with runtime_of("onnxruntime").open(job, padded_maximum(folder), {}, 1) as session:
        session.infer()
        output: Any = session.outputs()[0]
    return float(output[0, 0, 0, 0])


def test_an_optimiser_that_the_job_switches_off_does_not_touch_the_graph(tmp_path: Path) -> None:
    import onnxruntime

    if onnxruntime.__version__.startswith("1.31."):
        assert corner(tmp_path, ()) < 0  # its Pad_Fusion takes the zeros for minus infinity

    assert corner(tmp_path, PAD_FUSION_OFF) == 0


def test_an_option_that_it_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="opt_level"):
        corner(tmp_path, (("opt_level", "3"),))
