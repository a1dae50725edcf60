"""What the file says of its Q/DQ nodes, recipe by recipe."""

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from graphs import a_model, a_network, constant, written
from onnx import TensorProto, helper, numpy_helper  # noqa: TID253

from edgeprof.convert.int8 import QUANTISATIONS, quantisation_for, quantisation_of, quantised
from edgeprof.convert.ort import plain_session
from edgeprof.core.errors import ConfigError, ConvertError

LARGEST = {"u8s8": 127, "u8s7": 64, "s8s8": 127, "u8s8-in": 127, "u8s7-in": 64, "s8s8-in": 127}


def frames(count=3, side=16):
    random = np.random.default_rng(0)
    for _ in range(count):
        yield {"image": random.standard_normal((1, 3, side, side), np.float32)}


def made_by(recipe, tmp_path, model=None, feeds=None):
    source = written(model or a_network(), tmp_path / "model.onnx")
    (tmp_path / "work").mkdir()
    seen = quantised(source, feeds or frames(), QUANTISATIONS[recipe], tmp_path / "work", tmp_path / "int8.onnx")
    made = onnx.load(tmp_path / "int8.onnx")
    onnx.checker.check_model(made, full_check=True)
    return seen, made


def qdq(model):
    """Each Q and DQ: its kind, the type of its integers, how many scales, the integers' zero points."""
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            zero = tensors[node.input[2]]
            yield node, zero.dtype.name, np.size(tensors[node.input[1]]), zero, tensors.get(node.input[0])


@pytest.mark.parametrize("recipe", QUANTISATIONS)
def test_activations_and_weights_have_the_types_of_the_recipe(recipe, tmp_path):
    _, model = made_by(recipe, tmp_path)
    activations = {kind for node, kind, *_ in qdq(model) if node.op_type == "QuantizeLinear"}
    weights = [(kind, values) for _, kind, _, _, values in qdq(model) if values is not None and values.ndim > 1]

    assert activations == {"uint8" if recipe.startswith("u8") else "int8"}
    assert {kind for kind, _ in weights} == {"int8"}
    assert max(np.abs(values.astype(int)).max() for _, values in weights) == LARGEST[recipe]


@pytest.mark.parametrize("recipe", QUANTISATIONS)
def test_weights_have_a_scale_for_each_channel_and_lie_around_zero(recipe, tmp_path):
    _, model = made_by(recipe, tmp_path)
    weights = [(scales, zero) for _, _, scales, zero, values in qdq(model) if values is not None and values.ndim == 4]

    assert {scales for scales, _ in weights} == {8}
    assert all(not zero.any() for _, zero in weights)


@pytest.mark.parametrize("recipe", ["s8s8", "s8s8-in"])
def test_signed_activations_lie_around_zero(recipe, tmp_path):
    _, model = made_by(recipe, tmp_path)

    assert all(not zero.any() for _, _, _, zero, _ in qdq(model))


def test_unsigned_ones_need_not(tmp_path):
    _, model = made_by("u8s8", tmp_path)

    assert any(zero.any() for node, _, _, zero, _ in qdq(model) if node.op_type == "QuantizeLinear")


@pytest.mark.parametrize(("recipe", "has"), [("u8s8", True), ("s8s8", True), ("s8s8-in", False), ("u8s8-in", False)])
def test_only_onnxruntime_gets_int32_biases_and_q_behind_a_convolution(recipe, has, tmp_path):
    _, model = made_by(recipe, tmp_path)
    of = {name: node.op_type for node in model.graph.node for name in node.output}
    behind = {of.get(node.input[0]) for node, *_ in qdq(model) if node.op_type == "QuantizeLinear"}

    assert ("int32" in {kind for _, kind, *_ in qdq(model)}) == has
    assert ("Conv" in behind) == has


@pytest.mark.parametrize("recipe", QUANTISATIONS)
def test_only_operators_with_weights_are_quantised(recipe, tmp_path):
    seen, model = made_by(recipe, tmp_path)
    of = {name: node.op_type for node in model.graph.node for name in node.output}
    read = {node.op_type: of.get(node.input[0]) for node in model.graph.node}

    assert seen.operators == {"Conv": 3, "Gemm": 1}
    assert seen.excluded == ()
    assert read["Conv"] == read["Gemm"] == "DequantizeLinear"
    assert {"c1", "logits", "image"} <= set(seen.ranges)


@pytest.mark.parametrize("recipe", QUANTISATIONS)
def test_a_product_of_two_activations_stays_in_float(recipe, tmp_path):
    nodes = [
        helper.make_node("MatMul", ["image", "w"], ["q"], name="weighted"),
        helper.make_node("Transpose", ["q"], ["k"], name="turn", perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["q", "k"], ["y"], name="attention"),
    ]
    weights = constant("w", np.random.default_rng(0).standard_normal((16, 8)))

    seen, _ = made_by(recipe, tmp_path, a_model(nodes, [weights], shape=(1, 3, 16, 16), name="image"))

    assert seen.operators == {"MatMul": 1}
    assert seen.excluded == ("attention",)


@pytest.mark.parametrize("recipe", QUANTISATIONS)
def test_it_computes_about_the_same(recipe, tmp_path):
    model = a_network()
    made_by(recipe, tmp_path, model)
    feed = next(frames())
    expected = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feed)[0]
    seen = plain_session(tmp_path / "int8.onnx").run(None, feed)[0]

    assert 0 < np.linalg.norm(seen - expected) / np.linalg.norm(expected) < 0.1


@pytest.mark.parametrize(
    ("runtime", "machine", "flags", "recipe"),
    [
        ("onnxruntime", "x86_64", ["avx2", "avx512_vnni"], "u8s8"),
        ("openvino", "x86_64", ["avx2", "avx_vnni"], "u8s8-in"),
        ("openvino", "x86_64", ["avx2"], "u8s7-in"),
        ("openvino", "aarch64", [], "u8s8-in"),
        ("onnxruntime", "x86_64", ["avx2", "avx512f"], "u8s7"),
        ("onnxruntime", "aarch64", ["asimddp"], "s8s8"),
        ("tensorrt", "aarch64", [], "s8s8-in"),
        ("tensorrt", "x86_64", ["avx512_vnni"], "s8s8-in"),
    ],
)
def test_the_recipe_follows_the_runtime_and_the_processor(runtime, machine, flags, recipe):
    assert quantisation_for(runtime, machine, flags) == recipe


def test_seven_bits_are_what_sixteen_hold_the_sum_of():
    """Two products of unsigned 8 bits and the largest weight are added in int16 where there is no VNNI."""
    assert 2 * 255 * LARGEST["u8s7"] < 2**15 <= 2 * 255 * LARGEST["u8s8"]


def test_an_unknown_recipe_lists_the_known_ones():
    with pytest.raises(ConfigError) as raised:
        quantisation_of("int4")

    assert "int4" in raised.value.message
    assert "u8s8" in raised.value.hint


def test_a_graph_without_weights_has_nothing_to_quantise(tmp_path):
    model = a_model([("Relu", ("image",), "y")], shape=(1, 3, 16, 16), name="image")

    with pytest.raises(ConvertError, match="no Conv, Gemm, MatMul"):
        made_by("u8s8", tmp_path, model)


def test_an_infinite_range_is_refused(tmp_path):
    nodes = [
        helper.make_node("Log", ["image"], ["logs"], name="log"),
        helper.make_node("Conv", ["logs", "w"], ["y"], name="conv"),
    ]
    model = a_model(nodes, [constant("w", np.ones((4, 3, 1, 1)))], shape=(1, 3, 16, 16), name="image")
    zeros = iter([{"image": np.zeros((1, 3, 16, 16), np.float32)}])

    with pytest.raises(ConvertError, match='"logs" of the graph is infinite'):
        made_by("u8s8", tmp_path, model, zeros)


def test_a_pad_of_zeros_stays_in_front_of_a_max_pool(tmp_path):
    """onnxruntime's Pad_Fusion would make it a pad of -infinity, and it runs in what prepares a graph."""
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["c"], name="conv"),
        helper.make_node("Pad", ["c", "pads"], ["padded"], name="pad"),
        helper.make_node("MaxPool", ["padded"], ["y"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
    ]
    constants = [constant("w", -np.ones((4, 3, 1, 1))), constant("pads", [0, 0, 1, 1, 0, 0, 1, 1], np.int64)]
    model = a_model(nodes, constants, shape=(1, 3, 16, 16), name="image")
    positive = {"image": np.ones((1, 3, 16, 16), np.float32)}
    made_by("u8s8", tmp_path, model, iter([positive]))

    seen = plain_session(tmp_path / "int8.onnx").run(None, positive)[0]

    assert seen[0, 0, 0, 0] == 0


def test_types_are_those_of_onnx(tmp_path):
    _, model = made_by("u8s8", tmp_path)

    assert model.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT
    assert model.graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT
    assert max(each.version for each in model.opset_import if not each.domain) == 20
