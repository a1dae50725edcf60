"""Exports for real, of networks small enough to be tests."""

import copy
import math

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest

from edgeprof.convert import produce
from edgeprof.convert.parity import compare, relative_l2
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import resolve
from edgeprof.convert.torch_source import subject_of
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.resolution import Resolution

pytestmark = pytest.mark.export


def proved(artefact, folder):
    session = onnxruntime.InferenceSession(artefact.path, providers=["CPUExecutionProvider"])
    answers = []
    for number, reference in enumerate(artefact.references):
        fed = {t.name: np.load(path) for t, path in zip(artefact.inputs, reference.inputs, strict=True)}
        paths = []
        for place, output in enumerate(session.run(None, fed)):
            paths.append(folder / f"{number}-{place}.npy")
            np.save(paths[-1], output)
        answers.append(paths)
    return compare(artefact, answers, "onnxruntime", "fp32")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A module of the user's own in the working directory."""
    (tmp_path / "layers.py").write_text("WIDTH = 4\n")
    (tmp_path / "shop.py").write_text(
        "import torch, layers\n"
        "print('noise on standard output')\n"
        "number = 3\n"
        "def small():\n"
        "    return torch.nn.Sequential(torch.nn.Conv2d(3, layers.WIDTH, 3), torch.nn.Flatten())\n"
        "def sized():\n    module = small()\n    module.input_size = (3, 9, 9)\n    return module\n"
        "def raises():\n    raise ValueError('no such width')\n"
        "def returns_none():\n    return None\n"
        "class Pair(torch.nn.Module):\n"
        "    def forward(self, a, b):\n        return {'sum': a + b, 'rest': [a - b]}\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("model", ["test_resnet", "test_vit", "test_efficientnet"])
def test_a_timm_model_becomes_an_artefact_that_its_runtime_agrees_with(model, cache, said, tmp_path):
    artefact = produce(Recipe(model), cache, said.append)
    seen = proved(artefact, tmp_path)

    assert seen.holds
    assert not seen.is_vacuous
    assert seen.sensitivity > 0.03
    assert seen.top1_agreement == 1.0
    assert max(o.version for o in onnx.load(artefact.path).opset_import if not o.domain) == 20
    assert f"exporting {model} at 160x160" in said
    assert artefact.card["size_policy"] == "own size"


def test_a_patch_model_is_padded_inside_the_graph_so_that_its_last_row_counts(cache, tmp_path):
    artefact = produce(Recipe("test_vit", Resolution(100, 120), batch=2), cache, print)

    assert artefact.inputs[0].shape == (2, 3, 100, 120)
    assert "12 rows and 8 columns" in " ".join(artefact.notes)
    assert proved(artefact, tmp_path).holds
    session = onnxruntime.InferenceSession(artefact.path)
    image = np.load(artefact.references[0].inputs[0])
    changed = image.copy()
    changed[:, :, -1, :] += 5
    assert not np.allclose(session.run(None, {"input": image})[0], session.run(None, {"input": changed})[0])


def test_a_plain_network_takes_the_frame_as_it_is(cache, tmp_path):
    artefact = produce(Recipe("test_resnet", Resolution(100, 120)), cache, print)

    assert artefact.inputs[0].shape == (1, 3, 100, 120)
    assert artefact.card["size_policy"] == "size as asked"
    assert artefact.notes == ()
    assert proved(artefact, tmp_path).holds


def test_what_cannot_take_a_size_says_why_in_a_line(cache):
    with pytest.raises(ConvertError) as raised:
        produce(Recipe("efficientformer_l1", Resolution(320, 480)), cache, print)

    assert "480x320 (width x height)" in raised.value.message
    assert "\n" not in raised.value.message


def test_the_rounding_is_measured_once_for_a_model(cache, said):
    produce(Recipe("test_resnet"), cache, said.append)
    assert "measuring the rounding" in said
    said.clear()

    artefact = produce(Recipe("test_resnet", Resolution(96, 96)), cache, said.append)

    assert "measuring the rounding" not in said
    rounding = float(artefact.card["rounding"])
    assert 0 < rounding < 1e-4
    assert artefact.tolerance == max(1e-4, 10 * rounding)


def test_the_rounding_is_that_of_the_worst_set_of_inputs(cache):
    import torch

    artefact = produce(Recipe("test_resnet"), cache, print)
    module = subject_of(resolve("test_resnet"), Recipe("test_resnet")).fresh()
    apart = []
    for reference in artefact.references:
        rounded, frame = np.load(reference.outputs[0]), torch.from_numpy(np.load(reference.inputs[0]))
        with torch.no_grad():
            apart.append(relative_l2(copy.deepcopy(module).double()(frame.double()).numpy(), rounded))

    assert float(artefact.card["rounding"]) == pytest.approx(max(apart))
    assert max(apart) > 1.02 * min(apart)


def test_random_weights_are_the_same_each_time(cache, tmp_path):
    recipe = Recipe("test_efficientnet")
    first = produce(recipe, cache, print)
    outputs = np.load(first.references[0].outputs[0])
    cache.clear()

    assert np.array_equal(np.load(produce(recipe, cache, print).references[0].outputs[0]), outputs)


def test_hardening_makes_the_output_of_a_zeroed_head_depend_on_the_input():
    import torch

    from edgeprof.convert.harden import hardened

    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(144, 5)
    )
    torch.nn.init.zeros_(net[3].weight)
    torch.nn.init.zeros_(net[1].weight)

    hardened(net, (4, 3, 8, 8))

    with torch.no_grad():
        a, b = net(torch.randn(1, 3, 8, 8)), net(torch.randn(1, 3, 8, 8))
    assert not net.training
    assert float((a - b).norm() / a.norm()) > 0.1
    assert not torch.equal(net[1].running_mean, torch.zeros(4))


def test_the_torch_runtime_gets_an_archive_with_the_same_references(cache):
    import torch

    artefact = produce(Recipe("test_resnet", form="pt2"), cache, print)
    module = torch.export.load(artefact.path).module()
    reference = artefact.references[0]

    with torch.no_grad():
        out = module(torch.from_numpy(np.load(reference.inputs[0])))
    out = out[0] if isinstance(out, (tuple, list)) else out
    assert np.allclose(out.numpy(), np.load(reference.outputs[0]), atol=1e-5)
    assert artefact.form == "pt2"


def test_a_factory_is_taken_as_it_is(shop, cache, said, tmp_path):
    artefact = produce(Recipe("shop:small", Resolution(9, 9)), cache, said.append)

    assert artefact.outputs[0].shape == (1, 4 * 7 * 7)
    assert artefact.source == "callable"
    assert proved(artefact, tmp_path).holds
    said.clear()
    assert produce(Recipe("shop:small", Resolution(9, 9)), cache, said.append) == artefact
    assert said == []


def test_a_factory_is_made_again_when_a_module_that_it_imports_changes(shop, cache):
    produce(Recipe("shop:small", Resolution(9, 9)), cache, print)
    (shop / "layers.py").write_text("WIDTH = 16\n")

    assert produce(Recipe("shop:small", Resolution(9, 9)), cache, print).outputs[0].shape == (1, 16 * 7 * 7)


def test_a_factory_may_say_its_own_size(shop, cache):
    assert produce(Recipe("shop:sized"), cache, print).inputs[0].shape == (1, 3, 9, 9)


def test_a_factory_with_several_inputs_and_nested_outputs_is_taken_by_its_shapes(shop, cache, tmp_path):
    artefact = produce(Recipe("shop:Pair", shapes=(("b", (1, 4)), ("a", (1, 4)))), cache, print)

    assert [tensor.name for tensor in artefact.inputs] == ["a", "b"]
    assert [tensor.name for tensor in artefact.outputs] == ["output_0", "output_1"]
    assert proved(artefact, tmp_path).holds


@pytest.mark.parametrize(
    ("recipe", "error", "words"),
    [
        ({"model": "shop:raises"}, ConvertError, "no such width"),
        ({"model": "shop:returns_none"}, ConvertError, "NoneType"),
        ({"model": "shop:number"}, ConvertError, "called"),
        ({"model": "shop:absent"}, ConfigError, "absent"),
        ({"model": "shop:small", "resolution": Resolution()}, ConfigError, "size"),
        ({"model": "shop:small", "shapes": (("nope", (1, 3, 9, 9)),)}, ConfigError, "nope"),
        ({"model": "shop:small", "weights": "pretrained"}, ConfigError, "weights"),
        (
            {"model": "shop:small", "resolution": Resolution(2, 2), "fit": "crop"},
            ConvertError,
            "cannot be made to take 2x2",
        ),
        ({"model": "broken:make"}, ConvertError, "never_installed"),
        ({"model": "test_resnet", "shapes": (("input", (1, 3, 9, 9)),)}, ConfigError, "--res"),
    ],
)
def test_what_a_model_does_wrong_is_said(shop, cache, recipe, error, words):
    (shop / "broken.py").write_text("import never_installed\n")

    with pytest.raises(error) as raised:
        produce(Recipe(**{"resolution": Resolution(9, 9), **recipe}), cache, print)

    assert words in raised.value.message + (raised.value.hint or "")


def test_relative_tables_that_would_not_fit_are_refused_before_they_are_made(cache):
    with pytest.raises(ConvertError, match="GiB of relative position tables"):
        produce(Recipe("coatnet_nano_rw_224", Resolution(1080, 1920)), cache, print)


def test_sensitivity_stays_apart_from_the_tolerance_over_a_large_frame(cache):
    artefact = produce(Recipe("test_vit", Resolution(480, 640)), cache, print)

    assert artefact.sensitivity > 100 * artefact.tolerance
    assert math.isfinite(artefact.sensitivity)


@pytest.mark.parametrize(
    ("model", "fit", "seen", "note"),
    [
        ("test_vit", "resize", "512x336", "is resized to 512x336"),
        ("test_convnext", "crop", "512x320", "loses 13 rows and 5 columns at its edges"),
        ("test_convnext", "pad", "544x352", "is padded by 19 rows and 27 columns"),
    ],
)
def test_an_odd_size_is_fitted_inside_the_graph_and_proved_against_torch_doing_the_same(
    model, fit, seen, note, cache, tmp_path
):
    artefact = produce(Recipe(model, Resolution(333, 517), fit=fit), cache, print)

    assert artefact.inputs[0].shape == (1, 3, 333, 517)
    assert artefact.card["network_size"] == seen
    assert note in artefact.card["framing"]
    assert note in artefact.notes[0]
    assert proved(artefact, tmp_path).holds
    for node in onnx.load(artefact.path).graph.node:
        assert not any(attribute.name == "antialias" and attribute.i for attribute in node.attribute)


@pytest.mark.parametrize("model", ["test_resnet", "test_vit"])
def test_a_1080p_frame_goes_in_whole(model, cache, tmp_path):
    artefact = produce(Recipe(model, Resolution(1080, 1920)), cache, print)

    assert artefact.inputs[0].shape == (1, 3, 1080, 1920)
    padded = "the 1920x1080 frame is padded by 8 rows, below and on the right, to 1920x1088"
    assert artefact.notes == (() if model == "test_resnet" else (padded,))
    assert proved(artefact, tmp_path).holds


def test_feature_maps_are_outputs_with_names_of_their_own(cache, tmp_path):
    artefact = produce(Recipe("test_vit", Resolution(100, 120), features=True), cache, print)

    assert [(t.name, t.shape) for t in artefact.outputs] == [
        (f"feature_16_{number}", (1, 64, 7, 8)) for number in (1, 2, 3)
    ]
    assert artefact.card["features"] == "feature_16_1, feature_16_2, feature_16_3"
    seen = proved(artefact, tmp_path)
    assert seen.holds
    assert seen.top1_agreement is None
    assert artefact.path != produce(Recipe("test_vit", Resolution(100, 120)), cache, print).path
