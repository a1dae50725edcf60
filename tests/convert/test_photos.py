"""Parity over real images at every precision."""

import numpy as np  # noqa: TID253
import pytest
from PIL import Image

from edgeprof.convert import produce
from edgeprof.convert.preprocess import Preprocessing, tensor_from_image
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError
from edgeprof.core.resolution import NATIVE

COLOURS = [(10 * number, 100, 250 - 10 * number) for number in range(20)]


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "pictures"
    place.mkdir()
    for number, colour in enumerate(COLOURS):
        Image.new("RGB", (16, 16), colour).save(place / f"{number:02}.png")
    return place


def fed(artefact):
    return [np.load(reference.inputs[0]) for reference in artefact.references]


def as_tensor(colour):
    return tensor_from_image(np.full((16, 16, 3), colour, np.uint8), 16, 16, Preprocessing())


def test_an_fp32_graph_is_compared_over_four_images_from_all_over_too(network, folder, cache):
    plain = produce(Recipe(network), cache, print)
    artefact = produce(Recipe(network, calibration=str(folder)), cache, print)

    assert len(plain.references) == 4
    assert [np.array_equal(a, b) for a, b in zip(fed(plain), fed(artefact), strict=False)] == [True] * 4
    seen = fed(artefact)[4:]
    assert all(np.allclose(a, as_tensor(COLOURS[at])) for a, at in zip(seen, (0, 5, 10, 15), strict=True))
    assert artefact.card["reference"] == "onnxruntime without optimisation, on 4 images too"
    assert (artefact.digest, artefact.sensitivity) == (plain.digest, plain.sensitivity)


def test_an_fp16_graph_takes_them_over(network, folder, cache):
    artefact = produce(Recipe(network, precision="fp16", calibration=str(folder)), cache, print)

    assert len(artefact.references) == 8
    assert np.allclose(fed(artefact)[7], as_tensor(COLOURS[15]))
    assert artefact.card["reference"].endswith("on 4 images too")


def test_a_graph_of_frames_gets_the_pixels(network, folder, cache):
    recipe = Recipe(network, frame=NATIVE, bgr=True, calibration=str(folder))

    artefact = produce(recipe, cache, print)

    assert [tuple(each[0, 0, 0]) for each in fed(artefact)[4:]] == [COLOURS[at][::-1] for at in (0, 5, 10, 15)]


def test_other_images_are_another_proof(network, folder, cache):
    first = produce(Recipe(network, calibration=str(folder)), cache, print)
    (folder / "19.png").unlink()

    assert produce(Recipe(network, calibration=str(folder)), cache, print).path != first.path


def test_broken_images_are_passed_over_and_said(network, folder, cache):
    (folder / "05.png").write_bytes((folder / "05.png").read_bytes()[:60])

    artefact = produce(Recipe(network, calibration=str(folder)), cache, print)

    assert len(artefact.references) == 8
    assert artefact.notes[-1].startswith("1 of the calibration's images cannot be read, the first is 05.png")
    half = produce(Recipe(network, precision="fp16", calibration=str(folder)), cache, print)
    assert sum("cannot be read" in note for note in half.notes) == 1


def test_a_graph_without_an_image_is_not_compared_over_images(onnx_file, folder, cache):
    path = onnx_file(inputs=(("values", 1, [1, 8]),))

    with pytest.raises(ConfigError, match="no input takes an image"):
        produce(Recipe(str(path), calibration=str(folder)), cache, print)


@pytest.mark.export
def test_torch_itself_answers_for_the_images(tmp_path, folder, cache, monkeypatch):
    (tmp_path / "booth.py").write_text(
        "import torch\n"
        "def make():\n"
        "    module = torch.nn.Sequential(torch.nn.AvgPool2d(16), torch.nn.Flatten())\n"
        "    module.input_size = (3, 16, 16)\n"
        "    return module\n"
    )
    monkeypatch.chdir(tmp_path)

    artefact = produce(Recipe("booth:make", calibration=str(folder)), cache, print)

    assert artefact.card["reference"] == "torch fp32, on 4 images too"
    means = np.load(artefact.references[6].outputs[0])
    assert np.allclose(means, as_tensor(COLOURS[10]).mean((2, 3)), atol=1e-6)
