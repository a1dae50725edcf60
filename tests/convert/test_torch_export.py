"""Exports for real, of networks small enough to be tests."""

import math

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest

from edgeprof.convert import produce
from edgeprof.convert.parity import compare
from edgeprof.convert.recipe import Recipe
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
    assert artefact.card["size_policy"] == "frame as it is"
    assert artefact.notes == ()
    assert proved(artefact, tmp_path).holds


def test_what_cannot_take_a_size_says_why_in_a_line(cache):
    with pytest.raises(ConvertError) as raised:
        produce(Recipe("efficientformer_l1", Resolution(320, 480)), cache, print)

    assert "320x480" in raised.value.message
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


def checkpoint(classes=1000):
    import timm

    return timm.create_model("test_resnet", num_classes=classes).state_dict()


@pytest.mark.parametrize("kind", ["safetensors", "plain", "wrapped", "ema"])
def test_weights_come_from_a_file(cache, tmp_path, kind):
    import torch
    from safetensors.torch import save_file

    state = checkpoint(classes=7)
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.pth")
    if kind == "safetensors":
        save_file(state, path)
    elif kind == "plain":
        torch.save(state, path)
    elif kind == "wrapped":
        torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}, "epoch": 3}, path)
    else:
        torch.save({"state_dict": {}, "state_dict_ema": state}, path)

    artefact = produce(Recipe("test_resnet", weights=str(path)), cache, print)

    assert artefact.outputs[0].shape == (1, 7)
    kept = {tuple(t.dims): t for t in onnx.load(artefact.path).graph.initializer}
    assert np.allclose(onnx.numpy_helper.to_array(kept[tuple(state["fc.weight"].shape)]), state["fc.weight"].numpy())


def test_weights_that_do_not_fit_name_the_keys(cache, tmp_path):
    import torch

    state = checkpoint()
    state.pop("conv1.0.weight", None)
    first = next(iter(state))
    state["other.weight"] = state.pop(first)
    torch.save(state, tmp_path / "w.pth")

    with pytest.raises(ConvertError) as raised:
        produce(Recipe("test_resnet", weights=str(tmp_path / "w.pth")), cache, print)

    assert first in raised.value.message
    assert "other.weight" in raised.value.message


def test_a_pickle_that_would_run_something_is_refused(cache, tmp_path):
    import torch

    torch.save({"model": torch.nn.Linear(2, 2)}, tmp_path / "w.pth")
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "junk.pth").write_bytes(b"junk" * 50)
    torch.save({"epoch": 3}, tmp_path / "no-tensors.pth")

    reasons = {
        "w.pth": "want to import torch.nn.modules.linear.Linear, and only tensors are read",
        "empty.pth": "no whole torch or safetensors file",
        "junk.pth": "no whole torch or safetensors file",
        "no-tensors.pth": "hold no tensors by name",
    }
    for name, reason in reasons.items():
        with pytest.raises(ConvertError, match=name) as raised:
            produce(Recipe("test_resnet", weights=str(tmp_path / name)), cache, print)
        assert raised.value.message.endswith(reason)


def test_pretrained_weights_that_cannot_be_had_point_to_a_file(cache, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(cache.root))

    with pytest.raises(ConvertError) as raised:
        produce(Recipe("test_resnet", weights="pretrained"), cache, print)

    assert "--weights FILE" in raised.value.hint


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
        ({"model": "shop:small", "resolution": Resolution(2, 2)}, ConvertError, "does not run"),
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
