import numpy as np  # noqa: TID253
import pytest
from onnx import TensorProto, helper  # noqa: TID253
from onnx.reference import ReferenceEvaluator  # noqa: TID253
from PIL import Image

from edgeprof.convert.preprocess import (
    Preprocessing,
    described,
    fitted,
    normalised,
    placement,
    preprocessing_from_card,
    resized,
    tensor_from_image,
)


def noise(height, width, channels=3):
    return np.random.default_rng(0).integers(0, 256, (height, width, channels)).astype(np.uint8)


@pytest.mark.parametrize("size", [(24, 40), (7, 5), (31, 17), (90, 64), (31, 64)])
@pytest.mark.parametrize(("interpolation", "filter_"), [("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)])
def test_with_antialias_it_is_pillows_resize_but_for_rounding(size, interpolation, filter_):
    image = noise(31, 64)
    expected = np.asarray(Image.fromarray(image).resize(size[::-1], filter_), np.float32)

    seen = resized(image, *size, interpolation, antialias=True)

    assert seen.dtype == np.float32
    assert np.abs(seen - expected).max() < 1.25  # Pillow rounds after each of its two passes


@pytest.mark.parametrize("size", [(24, 40), (7, 5), (62, 128)])
@pytest.mark.parametrize(("interpolation", "mode"), [("bilinear", "linear"), ("bicubic", "cubic")])
def test_without_antialias_it_is_onnx_resize(size, interpolation, mode):
    image = noise(31, 64)[8:] // 2 + 64  # away from 0 and 255, where pixels end and the operator swings on
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode=mode)
    graph = helper.make_graph(
        [node],
        "resize",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, None),
            helper.make_tensor_value_info("sizes", TensorProto.INT64, [4]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    channels_first = image.astype(np.float32).transpose(2, 0, 1)[None]
    sizes = np.array([1, 3, *size])
    expected = ReferenceEvaluator(model).run(None, {"x": channels_first, "sizes": sizes})[0][0].transpose(1, 2, 0)

    seen = resized(image, *size, interpolation, antialias=False)

    assert np.abs(seen - expected).max() < 1e-2


def test_a_frame_of_the_right_size_is_taken_as_it_is():
    image = noise(6, 8)

    assert np.array_equal(fitted(image, 6, 8, Preprocessing()), image)


def test_a_whole_image_is_fitted_in_and_what_is_left_is_zero():
    how = Preprocessing()
    image = np.full((10, 20, 3), 255, np.uint8)

    seen = tensor_from_image(image, 16, 16, how)

    assert placement(10, 20, 16, 16).rows == 8
    assert seen.shape == (1, 3, 16, 16)
    assert np.allclose(seen[0, :, 8:], 0, atol=1e-6)
    assert np.allclose(seen[0, :, :8].transpose(1, 2, 0), (1 - np.array(how.mean)) / np.array(how.std), atol=1e-5)


@pytest.mark.parametrize(("own", "frame"), [((3, 4000), (224, 224)), ((1080, 1920), (1, 1)), ((5, 7), (1080, 1920))])
def test_no_part_of_an_image_is_left_out_of_its_frame(own, frame):
    place = placement(*own, *frame)

    assert 1 <= place.height <= frame[0]
    assert 1 <= place.width <= frame[1]
    assert (place.height + place.rows, place.width + place.columns) == frame
    assert 0 in (place.rows, place.columns)


def test_pixels_become_what_the_formula_says():
    how = Preprocessing(mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    pixels = np.array([[[255, 0, 51]]], np.uint8)

    assert normalised(pixels, how).ravel().tolist() == pytest.approx([1.0, -1.0, 0.1])


def test_a_card_gives_back_what_was_written_on_it():
    card = described((0.5, 0.5, 0.5), (0.1, 0.2, 0.3), "bicubic")

    assert preprocessing_from_card(card) == Preprocessing(
        (0.5, 0.5, 0.5), (0.1, 0.2, 0.3), "bicubic", origin="the model's own"
    )
    assert "assumed" in preprocessing_from_card({}).origin
    assert preprocessing_from_card({**card, "interpolation": "random"}).interpolation == "bilinear"
