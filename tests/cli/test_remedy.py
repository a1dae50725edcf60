"""What onnxruntime's own optimisers get wrong, found and switched off through the whole command."""

from __future__ import annotations

import pytest

AT_ONCE = ("--quick", "--p99", "1000", "--warmup", "5it", "--max-duration", "5s", "--runtime", "onnxruntime")


@pytest.fixture
def padded_pool(shell):
    """onnxruntime 1.31 folds the zeros of the Pad into the MaxPool, which pads with -infinity."""
    import numpy as np
    from onnx import TensorProto, checker, helper, numpy_helper, save

    nodes = [
        helper.make_node("Abs", ["x"], ["positive"]),
        helper.make_node("Neg", ["positive"], ["negative"]),
        helper.make_node("Pad", ["negative", "pads"], ["padded"]),
        helper.make_node("MaxPool", ["padded"], ["y"], kernel_shape=[3, 3], strides=[2, 2]),
    ]
    graph = helper.make_graph(
        nodes,
        "padded",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 16, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 8, 8])],
        [numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1]), "pads")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, str(shell.work / "padded.onnx"))
    return "padded.onnx"


def test_an_optimiser_that_changes_the_answer_is_left_out_and_said(shell, padded_pool):
    ended = shell("check", padded_pool, *AT_ONCE)

    assert ended.code == 0
    (measurement,) = shell.saved()
    assert measurement.job.options == (("disabled_optimizers", "Pad_Fusion"),)
    assert measurement.parity.holds
    assert "goes without its Pad_Fusion" in " ".join(ended.out.split())


def test_what_was_found_once_is_remembered(shell, padded_pool):
    shell("check", padded_pool, *AT_ONCE)
    again = shell("check", padded_pool, *AT_ONCE)

    assert again.code == 0
    assert "looking for" not in again.err
    assert [measurement.job.options[0][1] for measurement in shell.saved()] == ["Pad_Fusion"] * 2
