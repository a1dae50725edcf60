from pathlib import Path

import numpy as np  # noqa: TID253
import pytest
from onnx import TensorProto, checker, load, save  # noqa: TID253
from tiny import a_model, computed, node, operators

from edgeprof.agent.trt.build import build
from edgeprof.agent.trt.order import BuildOrder
from edgeprof.convert import known, produce
from edgeprof.convert.passes import windows
from edgeprof.convert.recipe import UNREAD, Recipe

RANDOM = np.random.default_rng(0)


def put_together(channels, image, window, rows=2, **placed):
    """Two pictures of so many channels, made of windows; how many windows there are follows from how they lie."""
    axes = len(image)
    strides, dilations = placed.get("strides", [1] * axes), placed.get("dilations", [1] * axes)
    pads = placed.get("pads", [0] * 2 * axes)
    padded = [image[axis] + pads[axis] + pads[axis + axes] for axis in range(axes)]
    reach = [dilations[axis] * (window[axis] - 1) + 1 for axis in range(axes)]
    count = np.prod([(padded[axis] - reach[axis]) // strides[axis] + 1 for axis in range(axes)])
    shape = [rows, channels * int(np.prod(window)), int(count)]
    stored = {"image": np.array(image, np.int64), "window": np.array(window, np.int64)}
    joined = node("Col2Im", "columns image window", "out", **placed)
    return a_model([joined], {"columns": shape}, {"out": [rows, channels, *image]}, stored), shape


KINDS = [
    ((6, 8), (2, 2), {}),
    ((6, 8), (2, 2), {"strides": [2, 2]}),
    ((14, 14), (3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),  # as volo's
    ((13, 10), (3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    ((7, 9), (3, 2), {"strides": [3, 2], "pads": [1, 0, 0, 1]}),
    ((11, 12), (3, 2), {"dilations": [2, 3], "pads": [2, 1, 1, 2]}),
    ((12, 15), (2, 3), {"strides": [3, 2], "dilations": [3, 2], "pads": [0, 2, 1, 1]}),
    ((8, 9), (1, 1), {"strides": [3, 3]}),  # most of the image belongs to no window
    ((9,), (3,), {"strides": [2], "pads": [1, 1]}),
    ((4, 5, 6), (2, 2, 3), {"strides": [2, 1, 3]}),
]


@pytest.mark.parametrize(("image", "window", "placed"), KINDS)
def test_what_col2im_adds_up_a_transposed_convolution_adds_up(image, window, placed):
    model, shape = put_together(3, image, window, **placed)
    columns = RANDOM.standard_normal(shape).astype(np.float32)
    (before,) = computed(model, columns=columns)

    assert windows.PASS.apply(model) == 1
    checker.check_model(model, full_check=True)
    assert operators(model) == ["Reshape", "ConvTranspose", "Reshape"]
    (after,) = computed(model, columns=columns)
    assert after.shape == before.shape == (2, 3, *image)
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-6)
    assert np.abs(before).max() > 1
    assert windows.PASS.apply(model) == 0


def test_cells_that_do_not_overlap_are_moved_bit_by_bit():
    model, shape = put_together(4, (6, 6), (3, 2), strides=[3, 2])
    columns = RANDOM.standard_normal(shape).astype(np.float32)
    (before,) = computed(model, columns=columns)

    windows.PASS.apply(model)

    assert np.array_equal(computed(model, columns=columns)[0], before)


def test_a_batch_that_is_open_stays_open():
    model, _ = put_together(3, (6, 6), (2, 2))
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "batch"

    assert windows.PASS.apply(model) == 1
    assert computed(model, columns=np.ones((5, 12, 25), np.float32))[0].shape == (5, 3, 6, 6)


def test_the_kernel_is_of_the_graphs_type():
    model, _ = put_together(3, (6, 6), (2, 2))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.FLOAT16

    assert windows.PASS.apply(model) == 1
    assert {t.name: t.data_type for t in model.graph.initializer}["out_kernel"] == TensorProto.FLOAT16
    checker.check_model(model, full_check=True)


@pytest.mark.parametrize("what", ["image", "columns"])
def test_windows_whose_place_or_number_is_known_only_as_it_runs_stay(what):
    model, _ = put_together(3, (6, 6), (2, 2))
    if what == "image":
        stored = [tensor for tensor in model.graph.initializer if tensor.name != "image"]
        del model.graph.initializer[:]
        model.graph.initializer.extend(stored)
        model.graph.input.add().CopyFrom(a_model([], {"image": (TensorProto.INT64, [2])}, {}).graph.input[0])
    else:
        model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "cells"

    assert windows.PASS.apply(model) == 0
    assert operators(model) == ["Col2Im"]
    assert windows.count(model) == 1


@pytest.mark.trt
@pytest.mark.parametrize(("image", "window", "placed"), KINDS[2:7])
def test_tensorrt_builds_what_it_is_written_as(tmp_path, image, window, placed):
    model, _ = put_together(3, image, window, **placed)
    windows.PASS.apply(model)
    save(model, tmp_path / "model.onnx")

    built = build(BuildOrder("fp32", compute_capability="8.9"), tmp_path / "model.onnx", tmp_path / "model.plan")

    assert built.outputs[0].shape == (2, 3, *image)
    assert "deconvolution" in {layer.kind for layer in built.layers}


@pytest.fixture
def joined(tmp_path):
    """A file whose windows are weighed, put together and looked at."""
    nodes = [
        node("Mul", "columns two", "weighed"),
        node("Col2Im", "weighed size window", "picture", strides=[2, 2]),
        node("Conv", "picture kernel", "out"),
    ]
    stored = {
        "two": np.full((1, 1, 1), 2, np.float32),
        "size": np.array([8, 8], np.int64),
        "window": np.array([2, 2], np.int64),
        "kernel": RANDOM.standard_normal((4, 3, 3, 3)).astype(np.float32),
    }
    save(a_model(nodes, {"columns": [1, 12, 16]}, {"out": None}, stored), tmp_path / "joined.onnx")
    return str(tmp_path / "joined.onnx")


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_the_graph_for_tensorrt_is_another_file_with_the_same_references(joined, cache, precision):
    narrow = {"precision": precision, "quantisation": "s8s8-in" if precision == "int8" else ""}
    everybodys = produce(Recipe(joined), cache, print)

    made = produce(Recipe(joined, reader="tensorrt", **narrow), cache, print)

    kinds = operators(load(made.path))
    assert everybodys.card[UNREAD] == "Col2Im 1"
    assert made.card["written for tensorrt"] == "windows 1"
    assert UNREAD not in made.card
    assert "ConvTranspose" in kinds
    assert "Col2Im" not in kinds
    assert "Col2Im" in operators(load(everybodys.path))
    assert made.precision == precision
    for ours, theirs in zip(made.references, everybodys.references, strict=True):
        assert np.array_equal(np.load(ours.outputs[0]), np.load(theirs.outputs[0]))
        assert Path(ours.outputs[0]).parent == Path(made.path).parent


def test_a_graph_that_tensorrt_reads_is_everybodys(network, cache, said):
    everybodys = produce(Recipe(network), cache, print)

    assert known(Recipe(network, reader="tensorrt"), cache) == everybodys
    assert produce(Recipe(network, reader="tensorrt"), cache, said.append) == everybodys
    assert said == []


def test_what_was_written_for_tensorrt_is_found_again(joined, cache, said):
    recipe = Recipe(joined, reader="tensorrt")

    assert known(recipe, cache) is None
    made = produce(recipe, cache, print)
    assert known(recipe, cache) == made == produce(recipe, cache, said.append)
    assert said == []
