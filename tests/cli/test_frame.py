"""`--frame`: the graph takes the camera's own frames, through the whole command."""

from __future__ import annotations

import json

import pytest

AT_ONCE = ("--quick", "--p99", "1000", "--warmup", "5it", "--max-duration", "5s")


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize(
    ("flags", "shape", "said"),
    [
        (("--frame", "uint8"), (1, 128, 128, 3), None),
        (
            ("--frame", "uint8:256x200", "--fit", "resize", "--bgr", "--res", "128"),
            (1, 200, 256, 3),
            "the 256x200 frame is resized to 128x128 inside the graph",
        ),
    ],
)
def test_a_check_feeds_frames_and_the_answer_is_that_of_numpys_preprocessing(
    shell, small_onnx, runtime, flags, shape, said
):
    ended = shell("check", small_onnx, *flags, "--runtime", runtime, *AT_ONCE)

    assert ended.code == 0, ended.out + ended.err
    (measurement,) = shell.saved()
    (tensor,) = measurement.job.inputs
    assert (tensor.shape, tensor.dtype, measurement.job.batch) == (shape, "uint8", 1)
    assert measurement.parity.holds
    assert not measurement.parity.is_vacuous
    assert measurement.parity.reference == "numpy's preprocessing, then onnxruntime without optimisation"
    assert said is None or said in measurement.notes


def test_a_frame_of_the_users_own_is_what_is_fed(shell, small_onnx):
    import numpy as np

    np.save(shell.work / "mine.npy", np.full((1, 128, 128, 3), 124, np.uint8))
    given = ("--frame", "uint8", "--input", "frame=mine.npy", "--runtime", "onnxruntime")
    ended = shell("measure", small_onnx, *given, "--iterations", "20", "--warmup", "5it")

    assert ended.code == 0, ended.out + ended.err
    (measurement,) = shell.saved()
    assert [name for name, _ in measurement.job.input_files] == ["frame"]


def test_frames_and_int8_go_into_one_file(shell, small_onnx):
    import onnx

    ended = shell("convert", small_onnx, "--frame", "uint8:256x200", "--precision", "int8", "-o", "made", "--json", "-")

    assert ended.code == 0, ended.out + ended.err
    (made,) = json.loads(ended.out)["conversions"]
    assert made["artefact"]["card"]["frame"] == "uint8 256x200 RGB"
    assert made["parity"]["holds"]
    graph = onnx.load(shell.work / "made" / "small-frame-int8.onnx").graph
    assert [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim] == [1, 200, 256, 3]
    assert "DequantizeLinear" in {node.op_type for node in graph.node}


def test_the_size_of_a_frame_is_not_the_size_of_the_network(shell, small_onnx):
    ended = shell("check", small_onnx, "--frame", "uint8:256x200", "--res", "256x200", *AT_ONCE)

    assert ended.code == 2
    assert "takes 128x128, to which 256x200 cannot be padded" in " ".join(ended.out.split())


def test_a_dry_run_shows_the_frame_and_what_becomes_of_it(shell, small_onnx):
    ended = shell("check", small_onnx, "--frame", "uint8:1080", "--fit", "crop", "--dry-run", COLUMNS=120)

    assert ended.code == 0
    words = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert "frame uint8 1920x1080 (width x height) flag --frame" in words
    assert "fit crop flag --fit" in words
    assert any("1x1080x1920x3 uint8" in line for line in words)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--frame", "float32"), 2, "write uint8"),
        (("--fit", "crop"), 2, "or --frame uint8:1920x1080"),
        (("--frame", "uint8", "--fit", "stretch"), 2, "pad, resize, crop"),
    ],
)
def test_what_cannot_be_meant_is_refused(shell, small_onnx, arguments, code, words):
    ended = shell("check", small_onnx, *arguments, *AT_ONCE)

    assert ended.code == code
    assert words in ended.err + ended.out
