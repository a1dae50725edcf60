"""What TensorRT's own parser makes of a file, and in what each layer computes."""

from dataclasses import replace

import pytest

from agent.trt.graphs import network, one_node, quantized
from edgeprof.agent.trt.network import (
    counts_in_words,
    expect_reached,
    inputs_of,
    layers_of,
    outputs_of,
    parse,
    precisions_of,
)
from edgeprof.agent.trt.order import Layer
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor


@pytest.fixture
def parsed(tools):
    def read(path):
        kept.append(parse(tools.builder, tools.logger, str(path), tools.surface, tools.log))
        return kept[-1].network

    kept = []
    return read


def layer(kind, precision):
    return Layer(kind, kind, precision, (Tensor("out", (1,), "float32"),))


@pytest.mark.trt
@pytest.mark.parametrize(("half", "precision", "dtype"), [(False, "fp32", "float32"), (True, "fp16", "float16")])
def test_layers_have_the_type_precision_and_shape_that_the_graph_gave_them(parsed, tmp_path, half, precision, dtype):
    seen = parsed(network(tmp_path, half))
    layers = {layer.name: layer for layer in layers_of(seen)}

    assert layers["conv"] == Layer("conv", "convolution", precision, (Tensor("seen", (1, 16, 16, 16), dtype),))
    assert layers["relu"].kind == "activation"
    assert [layer.kind for layer in layers.values()].count("matrix_multiply") == 1
    assert inputs_of(seen) == (Tensor("x", (1, 3, 16, 16), dtype),)
    assert outputs_of(seen) == (Tensor("y", (1, 1000), dtype),)
    assert set(precisions_of(list(layers.values()))) == {precision}


@pytest.mark.trt
def test_a_convolution_between_q_and_dq_computes_in_int8(parsed, tmp_path):
    layers = layers_of(parsed(quantized(tmp_path)))

    assert [layer.precision for layer in layers if layer.kind == "convolution"] == ["int8"]
    assert precisions_of(layers) == {"int8": 1}
    expect_reached("int8", layers)


@pytest.mark.trt
def test_a_varying_length_is_minus_one(parsed, tmp_path):
    assert inputs_of(parsed(network(tmp_path, rows="N")))[0].shape == (-1, 3, 16, 16)


@pytest.mark.trt
def test_a_graph_that_stayed_fp32_is_not_fp16(parsed, tmp_path):
    layers = layers_of(parsed(network(tmp_path)))

    with pytest.raises(ConvertError, match="fp16 was asked for") as raised:
        expect_reached("fp16", layers)

    assert "2 in fp32" in raised.value.message
    assert "--precision fp16" in raised.value.hint


@pytest.mark.parametrize(
    ("precision", "kinds"),
    [
        ("fp32", ["fp32", "fp32"]),
        ("fp16", ["fp16", "fp32"]),  # the operators kept in fp32 for their range
        ("int8", ["int8", "fp32"]),
        ("int8", ["int8", "fp16"]),
    ],
)
def test_a_graph_that_reached_its_precision_passes(precision, kinds):
    expect_reached(precision, [layer("convolution", kind) for kind in kinds])


@pytest.mark.parametrize(
    ("precision", "kinds"), [("fp32", ["fp32", "fp16"]), ("int8", ["fp32"]), ("bf16", ["fp16"]), ("fp16", ["int8"])]
)
def test_a_graph_that_did_not_is_refused(precision, kinds):
    with pytest.raises(ConvertError, match=precision):
        expect_reached(precision, [layer("convolution", kind) for kind in kinds])


def test_what_only_stores_converts_or_shapes_does_not_reach_a_precision():
    layers = [layer("convolution", "fp32"), layer("cast", "fp16"), layer("constant", "fp16"), layer("shape", None)]

    assert precisions_of(layers) == {"fp32": 1}
    with pytest.raises(ConvertError):
        expect_reached("fp16", layers)


def test_a_graph_without_a_heavy_layer_is_judged_by_the_others():
    expect_reached("fp16", [layer("activation", "fp16")])
    with pytest.raises(ConvertError):
        expect_reached("fp16", [layer("activation", "fp32")])
    expect_reached("fp16", [replace(layer("gather", None))])


def test_counts_are_said_largest_first():
    assert counts_in_words({"fp32": 2, "int8": 40, "fp16": 2}) == "40 int8, 2 fp16, 2 fp32"


def test_nothing_is_said_of_a_network_without_numbers():
    assert counts_in_words({}) == ""


def refusal(parsed, path):
    with pytest.raises(ConvertError) as raised:
        parsed(path)
    return raised.value


@pytest.mark.trt
def test_a_quantized_bias_is_refused_in_the_parsers_words_with_the_recipe_that_goes(parsed, tmp_path):
    error = refusal(parsed, quantized(tmp_path, bias="int32"))

    assert 'DequantizeLinear "dq_bias"' in error.message
    assert "input has type Int32 but must have type" in error.message
    assert "cuda" not in error.message.lower()
    assert "QuantizeBias=False" in error.hint


@pytest.mark.trt
def test_an_operator_that_the_parser_lacks_is_named(parsed, tmp_path):
    import numpy as np

    arrays = {"image": np.array([4, 4]), "block": np.array([2, 2])}
    error = refusal(parsed, one_node(tmp_path, "Col2Im", (1, 12, 9), arrays))

    assert error.message.endswith('refuses Col2Im "the_node": the parser does not know it')
    assert error.hint == "use --runtime onnxruntime, or a model without Col2Im"


@pytest.mark.trt
def test_an_antialiased_resize_is_refused_with_what_avoids_it(parsed, tmp_path):
    import numpy as np

    arrays = {"": None, "scales": np.array([1, 1, 0.5, 0.5], dtype="float32")}
    error = refusal(parsed, one_node(tmp_path, "Resize", arrays=arrays, mode="linear", antialias=1))

    assert error.message.endswith('refuses Resize "the_node": Antialiasing is not supported currently.')
    assert "fixed size" in error.hint


@pytest.mark.trt
def test_batch_normalization_in_training_mode_is_refused_with_what_avoids_it(parsed, tmp_path):
    import numpy as np

    arrays = {name: np.ones(3, dtype="float32") for name in ("scale", "offset", "mean", "variance")}
    error = refusal(parsed, one_node(tmp_path, "BatchNormalization", arrays=arrays, training_mode=1))

    assert 'refuses BatchNormalization "the_node": This version of TensorRT does not' in error.message
    assert "eval mode" in error.hint


@pytest.mark.trt
def test_an_operator_of_nobodys_is_named(parsed, tmp_path):
    error = refusal(parsed, one_node(tmp_path, "Frobnicate", domain="shop"))

    assert 'Frobnicate "the_node"' in error.message
    assert "without Frobnicate" in error.hint


@pytest.mark.trt
@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"not a graph", "Failed to parse the ONNX model")])
def test_a_file_that_is_no_graph_is_refused(parsed, tmp_path, content, words):
    path = tmp_path / "a.onnx"
    path.write_bytes(content)

    error = refusal(parsed, path)
    assert "the file" in error.message
    assert words in error.message


@pytest.mark.trt
def test_a_missing_file_is_refused(parsed, tmp_path):
    assert "the file" in refusal(parsed, tmp_path / "none.onnx").message
