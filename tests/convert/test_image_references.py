import numpy as np  # noqa: TID253
import pytest
from graphs import a_network, written
from PIL import Image

from edgeprof.convert import produce
from edgeprof.convert.calibration import Images
from edgeprof.convert.image_references import known_inputs, reference_on_images, shared_out
from edgeprof.convert.images import find
from edgeprof.convert.preprocess import Preprocessing
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor

IMAGE = Tensor("image", (1, 3, 16, 16), "float32")


def images_of(tmp_path, count):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(count):
        Image.new("RGB", (16, 16), (number * 5, 100, 200 - number * 5)).save(folder / f"{number:02}.png")
    return Images(str(folder), find(str(folder)), (IMAGE,), Preprocessing())


def test_of_enough_images_eight_are_held_out_from_all_over(tmp_path):
    rest, held = shared_out(images_of(tmp_path, 33))

    assert held.names == [f"{number:02}.png" for number in range(0, 32, 4)]
    assert set(rest.names).isdisjoint(held.names)
    assert len(rest.names) == 25


def test_of_few_images_the_same_serve_for_both(tmp_path):
    rest, held = shared_out(images_of(tmp_path, 3))

    assert rest.names == held.names == ["00.png", "01.png", "02.png"]


@pytest.fixture
def fp32(tmp_path, cache):
    return produce(Recipe(str(written(a_network(), tmp_path / "network.onnx"))), cache, print)


def test_the_references_are_what_the_graph_gives_for_the_images(fp32, tmp_path):
    images = images_of(tmp_path, 3)

    seen = reference_on_images(fp32, fp32.path, images, tmp_path)

    assert len(seen.references) == 3
    fed = np.load(tmp_path / seen.references[1].inputs[0])
    assert np.array_equal(fed, list(images)[1]["image"])
    assert seen.outputs == fp32.outputs
    assert seen.sensitivity > 0


def test_a_graph_that_is_not_the_models_own_may_not_stand_for_it(fp32, tmp_path):
    path = fp32.references[1].outputs[0]
    np.save(path, np.load(path) * 1.01)

    with pytest.raises(ConvertError, match=r"what the model computes: relative L2 0\.0099"):
        reference_on_images(fp32, fp32.path, images_of(tmp_path, 2), tmp_path)


def test_the_known_inputs_are_those_of_the_references(fp32):
    seen = list(known_inputs(fp32))

    assert len(seen) == len(fp32.references)
    assert np.array_equal(seen[1]["image"], np.load(fp32.references[1].inputs[0]))
