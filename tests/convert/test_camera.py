import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import pytest
from tiny import a_model, computed, node, operators

from edgeprof.convert.camera import with_camera_frame
from edgeprof.convert.fold import NOT, SCALE, WHOLE
from edgeprof.convert.frames import network_input
from edgeprof.convert.framing import framing
from edgeprof.convert.preprocess import Preprocessing
from edgeprof.core.errors import ConvertError

SIDE = 12
IMAGE = {"image": [1, 3, SIDE, SIDE]}
HOW = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
RANDOM = np.random.default_rng(0)
WEIGHT = RANDOM.standard_normal((4, 3, 3, 3), dtype=np.float32)
BIAS = RANDOM.standard_normal(4, dtype=np.float32)
PADS = np.array([0, 0, 0, 0, 0, 0, 2, 1])


def bare_convolution():
    return a_model([node("Conv", "image w b", "out")], IMAGE, {"out": None}, {"w": WEIGHT, "b": BIAS})


def padded_convolution():
    return a_model([node("Conv", "image w", "out", pads=[1, 1, 1, 1])], IMAGE, {"out": None}, {"w": WEIGHT})


def convolution_behind_a_pad():
    nodes = [node("Pad", "image pads", "larger"), node("Conv", "larger w b", "out")]
    return a_model(nodes, IMAGE, {"out": None}, {"w": WEIGHT, "b": BIAS, "pads": PADS})


def two_readers():
    nodes = [node("Conv", "image w b", "seen"), node("Relu", "image", "lit")]
    return a_model(nodes, IMAGE, {"seen": None, "lit": None}, {"w": WEIGHT, "b": BIAS})


def frames(height=SIDE, width=SIDE, rows=1):
    return np.random.default_rng(1).integers(0, 256, (rows, height, width, 3)).astype(np.uint8)


def expect_the_same(model, camera, pixels, how=HOW, bgr=False):
    """What the new graph makes of the frame is what the old one makes of the frame as numpy prepares it."""
    expected = computed(model, image=network_input(pixels, how, camera.framing, bgr=bgr))
    given = computed(camera.model, frame=pixels)

    assert len(given) == len(expected)
    for one, other in zip(expected, given, strict=True):
        assert np.abs(one - other).max() <= 1e-5 * np.abs(one).max()


CASES = [
    (bare_convolution, WHOLE, ["Cast", "Transpose", "Conv"]),
    (padded_convolution, SCALE, ["Cast", "Transpose", "Add", "Conv"]),
    (convolution_behind_a_pad, SCALE, ["Cast", "Transpose", "Add", "Pad", "Conv"]),
    (two_readers, NOT, ["Cast", "Transpose", "Mul", "Add", "Conv", "Relu"]),
]


@pytest.mark.parametrize(("graph", "how_folded", "expected"), CASES)
def test_the_normalisation_goes_into_the_weights_as_far_as_the_borders_allow(graph, how_folded, expected):
    model = graph()
    camera = with_camera_frame(model, HOW, (SIDE, SIDE), "pad")

    assert camera.card["normalisation"] == how_folded
    assert operators(camera.model) == expected
    assert camera.model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    expect_the_same(model, camera, frames())


@pytest.mark.parametrize("graph", [case[0] for case in CASES])
def test_a_bgr_camera_is_put_in_order_by_the_weights_or_else_by_the_graph(graph):
    model = graph()
    camera = with_camera_frame(model, HOW, (SIDE, SIDE), "pad", bgr=True)

    assert camera.card["frame"] == "uint8 12x12 BGR"
    assert ("Gather" in operators(camera.model)) is (graph is two_readers)
    expect_the_same(model, camera, frames(), bgr=True)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("fit", ["pad", "resize", "crop"])
@pytest.mark.parametrize("frame", [(30, 47), (9, 5), (12, 20)])
@pytest.mark.parametrize("graph", [bare_convolution, padded_convolution])
def test_a_frame_of_another_size_is_fitted_inside_the_graph(graph, frame, fit, interpolation):
    how = Preprocessing(interpolation=interpolation)
    model = graph()
    camera = with_camera_frame(model, how, frame, fit)

    assert camera.frame.shape == (1, *frame, 3)
    expect_the_same(model, camera, frames(*frame), how)


def test_the_letterbox_is_of_the_mean_colour_so_the_mean_is_subtracted_before_it():
    camera = with_camera_frame(bare_convolution(), HOW, (6, 12), "pad")

    assert operators(camera.model) == ["Cast", "Transpose", "Add", "Pad", "Conv"]
    assert camera.card["normalisation"] == SCALE
    assert camera.notes


def test_only_operators_that_tensorrt_parses_stand_before_the_network():
    for fit in ("pad", "resize", "crop"):
        camera = with_camera_frame(two_readers(), Preprocessing(interpolation="bicubic"), (30, 47), fit, bgr=True)

        first, second, *_ = camera.model.graph.node
        assert (first.op_type, list(first.input)) == ("Cast", ["frame"])
        assert second.op_type == "Transpose"
        known = {"Cast", "Transpose", "Resize", "Clip", "Slice", "Gather", "Mul", "Add", "Pad", "Conv", "Relu"}
        assert set(operators(camera.model)) <= known
        resize = next(each for each in camera.model.graph.node if each.op_type == "Resize")
        assert {attribute.name for attribute in resize.attribute}.isdisjoint({"antialias", "keep_aspect_ratio_policy"})


def test_a_batch_of_frames_is_taken_at_once():
    model = a_model([node("Conv", "image w", "out")], {"image": [2, 3, SIDE, SIDE]}, {"out": None}, {"w": WEIGHT})
    camera = with_camera_frame(model, HOW, (20, 20), "resize")

    assert camera.frame.shape == (2, 20, 20, 3)
    expect_the_same(model, camera, frames(20, 20, rows=2))


def test_a_weight_that_serves_another_node_too_stays_as_it_is_for_that_one():
    nodes = [node("Conv", "image w", "seen"), node("ReduceSum", "w", "total", keepdims=0)]
    model = a_model(nodes, IMAGE, {"seen": None, "total": None}, {"w": WEIGHT})
    camera = with_camera_frame(model, HOW, (SIDE, SIDE), "pad")

    assert camera.card["normalisation"] == WHOLE
    expect_the_same(model, camera, frames())


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Conv", "image thin", "out", group=3)],
        [node("Relu", "image", "lit"), node("Conv", "lit w", "out")],
        [node("Add", "w zero", "made"), node("Conv", "image made", "out")],
        [node("Pad", "image pads one", "larger"), node("Conv", "larger w", "out")],
        [node("Pad", "image pads", "larger", mode="reflect"), node("Conv", "larger w", "out")],
    ],
    ids=["in groups", "behind a relu", "with weights that are computed", "behind a pad of ones", "behind a mirror"],
)
def test_where_the_first_convolution_cannot_take_it_the_graph_does_it(nodes):
    constants = {"w": WEIGHT, "thin": WEIGHT[:3, :1], "zero": np.float32(0), "one": np.float32(1), "pads": PADS}
    model = a_model(nodes, IMAGE, {"out": None}, constants)
    camera = with_camera_frame(model, HOW, (SIDE, SIDE), "pad")

    assert camera.card["normalisation"] == NOT
    expect_the_same(model, camera, frames())


def test_a_half_precision_graph_is_given_half_precision_and_its_weights_are_left_alone():
    half = {"image": (onnx.TensorProto.FLOAT16, [1, 3, SIDE, SIDE])}
    model = a_model([node("Conv", "image w", "out")], half, {"out": (10, None)}, {"w": WEIGHT.astype(np.float16)})
    camera = with_camera_frame(model, HOW, (SIDE, SIDE), "pad")
    pixels = frames()

    assert operators(camera.model) == ["Cast", "Transpose", "Mul", "Add", "Cast", "Conv"]
    prepared = network_input(pixels, HOW, camera.framing).astype(np.float16)
    (expected,), (given,) = computed(model, image=prepared), computed(camera.model, frame=pixels)
    assert np.abs(expected - given).max() <= 2e-3 * np.abs(expected).max()


def test_the_other_inputs_stay():
    nodes = [node("Conv", "image w", "seen"), node("Mul", "seen scale", "out")]
    model = a_model(nodes, {"image": [1, 3, SIDE, SIDE], "scale": [1]}, {"out": None}, {"w": WEIGHT})
    camera = with_camera_frame(model, HOW, (SIDE, SIDE), "pad")

    assert [value.name for value in camera.model.graph.input] == ["frame", "scale"]
    assert camera.image == "image"


def test_a_graph_that_has_a_frame_of_its_own_keeps_the_name():
    model = a_model([node("Conv", "image w", "frame")], IMAGE, {"frame": None}, {"w": WEIGHT})

    assert with_camera_frame(model, HOW, (SIDE, SIDE), "pad").frame.name == "frame_2"


def test_the_graph_it_was_made_of_is_not_touched():
    model = bare_convolution()
    before = model.SerializeToString()
    with_camera_frame(model, HOW, (20, 20), "pad")

    assert model.SerializeToString() == before


@pytest.mark.parametrize(
    "inputs",
    [
        {"image": [1, 1, 8, 8]},
        {"image": [1, 8, 8, 3]},
        {"image": (onnx.TensorProto.UINT8, [1, 3, 8, 8])},
        {"image": [1, 3, 8, 8], "other": [1, 3, 8, 8]},
        {"image": [1, 64]},
    ],
    ids=["grey", "channels last", "uint8 already", "two images", "no image"],
)
def test_a_graph_without_one_image_of_three_channels_is_refused(inputs):
    nodes = [node("Cast", name, f"{name}_cast", to=1) for name in inputs]
    outputs = {f"{name}_cast": None for name in inputs}

    with pytest.raises(ConvertError, match="Nx3xHxW"):
        with_camera_frame(a_model(nodes, inputs, outputs), HOW, (8, 8), "pad")


def test_a_graph_in_an_older_opset_is_refused():
    model = a_model([node("Relu", "image", "out")], IMAGE, {"out": None}, opset=12)

    with pytest.raises(ConvertError, match="opset 12"):
        with_camera_frame(model, HOW, (SIDE, SIDE), "pad")


@pytest.mark.export
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("frame", [(30, 47), (9, 5)])
def test_it_is_what_torch_makes_of_the_frame(frame, interpolation):
    import torch
    from torch.nn import functional

    how = Preprocessing(interpolation=interpolation)
    model = two_readers()
    camera = with_camera_frame(model, how, frame, "resize")
    pixels = frames(*frame)

    planes = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    resized = functional.interpolate(planes, (SIDE, SIDE), mode=interpolation, align_corners=False).clamp(0, 255)
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (how.mean, how.std))
    expected = computed(model, image=((resized / 255 - mean) / std).numpy())
    for one, other in zip(expected, computed(camera.model, frame=pixels), strict=True):
        assert np.abs(one - other).max() <= 1e-4 * np.abs(one).max()


def test_openvino_computes_the_same_from_the_frame():
    openvino = pytest.importorskip("openvino")
    model = padded_convolution()
    camera = with_camera_frame(model, HOW, (30, 47), "pad")
    pixels = frames(30, 47)
    core = openvino.Core()
    compiled = core.compile_model(
        core.read_model(camera.model.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    given = next(iter(compiled({"frame": pixels}).values()))

    (expected,) = computed(camera.model, frame=pixels)
    assert np.abs(expected - given).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.trt
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("fit", ["pad", "resize", "crop"])
@pytest.mark.parametrize("graph", [convolution_behind_a_pad, two_readers])
def test_tensorrt_parses_every_way_to_take_a_frame(graph, fit, interpolation, tmp_path):
    from edgeprof.agent.trt.library import load
    from edgeprof.agent.trt.log import BuildLog, logger_to
    from edgeprof.agent.trt.network import inputs_of, parse
    from edgeprof.agent.trt.surface import Surface

    library, trt = load()
    log = BuildLog()
    logger = logger_to(log, trt)
    builder = trt.Builder(logger)
    camera = with_camera_frame(graph(), Preprocessing(interpolation=interpolation), (30, 47), fit, bgr=True)
    onnx.save(camera.model, tmp_path / "frame.onnx")

    parsed = parse(builder, logger, str(tmp_path / "frame.onnx"), Surface(library, trt), log)
    assert inputs_of(parsed.network) == (camera.frame,)


def test_the_frame_in_the_middle_is_what_a_crop_keeps():
    placed = framing((4, 6), (4, 4), "crop")
    pixels = frames(4, 6)

    kept = network_input(pixels, Preprocessing((0.0,) * 3, (1.0,) * 3), placed)
    assert np.allclose(kept * 255, pixels[:, :, 1:5].transpose(0, 3, 1, 2), atol=1e-4)
