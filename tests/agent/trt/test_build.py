"""Plans built by the real builder, for a card that need not be here."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agent.trt.graphs import CHANNELS, CONV_WEIGHTS, HEAD_WEIGHTS, KERNELS, network, one_node, quantized
from edgeprof.agent.trt.build import build
from edgeprof.agent.trt.library import load
from edgeprof.agent.trt.network import WEIGHTED
from edgeprof.agent.trt.order import BuildOrder, ShapeRange
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConfigError, ConvertError, RuntimeUnavailable
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Tensor

pytestmark = pytest.mark.trt

ADA = BuildOrder("fp32", compute_capability="SM89")
HALF = replace(ADA, precision="fp16")
# The builder pads what it lays into memory.
PADDING_BYTES = 2048


@pytest.fixture(autouse=True)
def _ahead(tools):
    if not tools.surface.builds_ahead:
        pytest.skip("only TensorRT-RTX builds for a card that is not here")


def test_a_plan_is_written_and_described(tmp_path):
    built = build(ADA, network(tmp_path), tmp_path / "a.plan")

    assert built.library == load()[0]
    assert built.compute_capability == "8.9"
    assert built.precision == "fp32"
    assert set(built.precisions) == {"fp32"}
    assert built.strongly_typed
    assert built.tf32 is False
    assert built.inputs == (Tensor("x", (1, 3, 16, 16), "float32"),)
    assert built.outputs == (Tensor("y", (1, 1000), "float32"),)
    assert [layer.kind for layer in built.layers if layer.kind in WEIGHTED] == ["convolution", "matrix_multiply"]
    assert built.digest == digest_of_file(tmp_path / "a.plan")
    assert built.size_bytes == (tmp_path / "a.plan").stat().st_size > 1000
    assert 0 < built.seconds < 60
    assert built.timings_reused is None


def test_the_weights_that_the_log_gives_are_those_of_the_graph(tmp_path):
    full = build(ADA, network(tmp_path), tmp_path / "a.plan")
    half = build(HALF, network(tmp_path, half=True), tmp_path / "b.plan")

    count = CONV_WEIGHTS + HEAD_WEIGHTS
    assert 4 * count <= full.weights_bytes <= 4 * count + PADDING_BYTES
    assert 2 * count <= half.weights_bytes <= 2 * count + PADDING_BYTES


def test_the_activations_grow_with_the_batch(tmp_path):
    one = build(ADA, network(tmp_path), tmp_path / "a.plan")
    many = build(ADA, network(tmp_path, rows=64), tmp_path / "b.plan")

    convolved, image, classes = KERNELS * 16 * 16 * 4, CHANNELS * 16 * 16 * 4, 1000 * 4
    assert 63 * convolved <= many.activation_bytes - one.activation_bytes <= 63 * (convolved + image + classes)
    assert 0 <= one.scratch_bytes <= one.activation_bytes


def test_an_fp16_graph_becomes_an_fp16_plan(tmp_path):
    built = build(HALF, network(tmp_path, half=True), tmp_path / "a.plan")

    assert set(built.precisions) == {"fp16"}
    assert built.inputs[0].dtype == "float16"


def test_a_quantized_graph_without_biases_becomes_an_int8_plan(tmp_path):
    built = build(replace(ADA, precision="int8"), quantized(tmp_path), tmp_path / "a.plan")

    assert built.precisions == {"int8": 1}


def test_asking_for_fp16_of_an_fp32_graph_builds_nothing(tmp_path):
    with pytest.raises(ConvertError, match="fp16 was asked for"):
        build(HALF, network(tmp_path), tmp_path / "a.plan")

    assert not (tmp_path / "a.plan").exists()


def test_what_is_built_survives_the_wire(tmp_path):
    import json

    built = build(ADA, network(tmp_path), tmp_path / "a.plan")

    assert restore(type(built), json.loads(json.dumps(plain(built)))) == built


def test_another_card_is_another_plan(tmp_path):
    onnx = network(tmp_path)
    ada = build(ADA, onnx, tmp_path / "a.plan")
    blackwell = build(replace(ADA, compute_capability="12.0"), onnx, tmp_path / "b.plan")

    assert blackwell.compute_capability == "12.0"
    assert blackwell.digest != ada.digest


def test_an_input_of_varying_shape_needs_its_range(tmp_path):
    with pytest.raises(ConfigError, match="x -1x3x16x16") as raised:
        build(ADA, network(tmp_path, rows="N"), tmp_path / "a.plan")

    assert "--shape" in raised.value.hint


def test_bound_to_one_shape_it_is_built_for_that_and_a_fixed_input_is_left_alone(tmp_path):
    one = (("x", (1, 3, 16, 16)),)
    many = (("x", (64, 3, 16, 16)),)
    onnx = network(tmp_path, rows="N")
    small = build(replace(ADA, bound=one), onnx, tmp_path / "a.plan")
    large = build(replace(ADA, bound=many), onnx, tmp_path / "b.plan")

    assert large.activation_bytes - small.activation_bytes >= 63 * KERNELS * 16 * 16 * 4
    assert build(replace(ADA, bound=one), network(tmp_path), tmp_path / "c.plan").inputs[0].shape == (1, 3, 16, 16)


def test_with_its_range_it_is_built_for_the_largest(tmp_path):
    onnx = network(tmp_path, rows="N")
    few = ShapeRange("x", (1, 3, 16, 16), (2, 3, 16, 16), (4, 3, 16, 16))
    many = replace(few, most=(64, 3, 16, 16))

    small = build(replace(ADA, shapes=(few,)), onnx, tmp_path / "a.plan")
    large = build(replace(ADA, shapes=(many,)), onnx, tmp_path / "b.plan")

    assert small.inputs[0].shape == (-1, 3, 16, 16)
    assert large.activation_bytes - small.activation_bytes >= 60 * KERNELS * 16 * 16 * 4


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (ShapeRange("z", (1,), (1,), (1,)), '"z"'),
        (ShapeRange("x", (1, 3, 8, 8), (1, 3, 8, 8), (4, 3, 8, 8)), "does not fit"),
        (ShapeRange("x", (1, 3), (1, 3), (4, 3)), "does not fit"),
    ],
)
def test_a_range_that_does_not_fit_the_input_is_a_usage_error(tmp_path, shape, words):
    shapes = (ShapeRange("x", (1, 3, 16, 16), (1, 3, 16, 16), (1, 3, 16, 16)), shape)
    with pytest.raises(ConfigError, match=words):
        build(replace(ADA, shapes=shapes), network(tmp_path, rows="N"), tmp_path / "a.plan")


def test_a_fixed_input_takes_no_range(tmp_path):
    fixed = ShapeRange("x", (1, 3, 16, 16), (1, 3, 16, 16), (1, 3, 16, 16))
    with pytest.raises(ConfigError, match="no input of varying shape") as raised:
        build(replace(ADA, shapes=(fixed,)), network(tmp_path), tmp_path / "a.plan")

    assert raised.value.hint == "inputs of varying shape: there is none"


def test_a_file_where_the_plan_should_go_is_left_when_the_build_fails(tmp_path):
    (tmp_path / "a.plan").write_bytes(b"earlier")

    with pytest.raises(ConvertError, match="Frobnicate"):
        build(ADA, one_node(tmp_path, "Frobnicate", domain="shop"), tmp_path / "a.plan")

    assert (tmp_path / "a.plan").read_bytes() == b"earlier"


def test_a_full_disk_is_a_conversion_error(tmp_path):
    """A limit on the size of files, in a process of its own: EFBIG is what a quota gives."""
    script = (
        "import resource, signal, sys; from pathlib import Path; from edgeprof.agent.trt.build import build\n"
        "from edgeprof.agent.trt.order import BuildOrder; from edgeprof.core.errors import ConvertError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: build(BuildOrder('fp32', compute_capability='8.9'), Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except ConvertError as error: print(error.message)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", script, str(network(tmp_path)), str(tmp_path / "a.plan")]

    seen = subprocess.run(command, capture_output=True, env=environment, check=False)

    assert seen.stdout.decode().startswith("no space left for a plan of"), seen.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["network-float32-1.onnx"]


def test_a_workspace_that_is_too_small_is_said_to_be(tmp_path):
    with pytest.raises(ConvertError, match="within a workspace of 1024 bytes"):
        build(replace(ADA, workspace_bytes=1024), network(tmp_path), tmp_path / "a.plan")


def test_a_layer_that_the_card_cannot_compute_is_named(tmp_path):
    with pytest.raises(ConvertError, match=r"head.*SM75.*FP32 GEMM is not supported"):
        build(replace(ADA, compute_capability="7.5"), network(tmp_path), tmp_path / "a.plan")


def test_two_builds_in_one_process_each_hear_their_own(tmp_path):
    first = build(ADA, network(tmp_path), tmp_path / "a.plan")
    half = build(HALF, network(tmp_path, half=True), tmp_path / "b.plan")
    again = build(ADA, network(tmp_path), tmp_path / "c.plan")

    assert half.weights_bytes < first.weights_bytes == again.weights_bytes
    assert first.warnings == half.warnings == again.warnings == ()


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="here is a card")
def test_without_a_card_and_without_naming_one_the_card_is_missed(tmp_path):
    with pytest.raises(RuntimeUnavailable, match="no NVIDIA card") as raised:
        build(BuildOrder("fp32"), network(tmp_path), tmp_path / "a.plan")

    assert "compute capability" in raised.value.hint


@pytest.mark.gpu
def test_with_a_card_it_is_built_for_it(tmp_path):
    built = build(BuildOrder("fp32"), network(tmp_path), tmp_path / "a.plan")

    assert built.compute_capability is None
    assert built.size_bytes > 1000
