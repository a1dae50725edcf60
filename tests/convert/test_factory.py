import sys
from pathlib import Path

import numpy as np  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest

from edgeprof.convert import factory, produce
from edgeprof.convert.feature_maps import names_of
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.resolution import resolution_of

pytestmark = pytest.mark.export


@pytest.fixture(autouse=True)
def own_networks(monkeypatch):
    """The user's working directory is where `own_networks` lies."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(Path(__file__).parent)


def subject(name, res="native", **changes):
    return factory.subject(f"own_networks:{name}", Recipe(f"own_networks:{name}", resolution_of(res), **changes))


@pytest.mark.parametrize(
    ("fit", "res", "policy", "place"),
    [
        ("pad", "20x30", "padded to its own size", np.s_[:, :, :30, :20]),
        ("crop", "50x46", "cropped to its own size", np.s_[:, :, 3:43, 5:45]),
    ],
)
def test_an_image_is_brought_to_the_one_size_that_a_network_takes(fit, res, policy, place):
    import torch

    asked = subject("Fixed", res, fit=fit)
    size = resolution_of(res)
    image = torch.rand(1, 3, size.height, size.width)
    by_hand = torch.zeros(1, 3, 40, 40)
    if fit == "pad":
        by_hand[place] = image
    else:
        by_hand = image[place]

    assert asked.inputs[0].shape == image.shape
    assert asked.own_inputs[0].shape == (1, 3, 40, 40)
    assert asked.card["size_policy"] == policy
    assert asked.card["network_size"] == "40x40"
    assert asked.notes == tuple(asked.card["framing"].split("; "))
    with torch.no_grad():
        assert torch.equal(asked.fresh()(image), asked.fresh_own_size()(by_hand))


def test_resize_goes_to_the_nearest_multiple_that_works():
    asked = subject("Untold", "70x90", fit="resize")

    assert asked.card["size_policy"] == "resized to a multiple of 32"
    assert asked.card["network_size"] == "64x96"
    assert asked.own_inputs[0].shape == (1, 3, 96, 64)


@pytest.mark.parametrize(("fit", "network"), [("pad", "96x96"), ("crop", "64x64")])
def test_a_network_that_does_not_tell_its_size_is_still_tried_at_multiples(fit, network):
    assert subject("Untold", "70x90", fit=fit).card["network_size"] == network


def test_a_size_that_the_network_takes_is_left_alone():
    asked = subject("Staged", "64x32", fit="resize")

    assert asked.card["size_policy"] == "size as asked"
    assert "framing" not in asked.card
    assert asked.notes == ()


@pytest.mark.parametrize("res", ["32x32", "48x40"])
def test_a_network_that_looks_at_numbers_is_taken_at_the_size_that_it_was_seen_to_take(res):
    asked = subject("Values", res)
    size = resolution_of(res)

    assert asked.inputs[0].shape == (1, 3, size.height, size.width)
    assert asked.notes == ()


def test_what_no_fit_brings_to_the_network_is_refused_with_a_size_that_works():
    with pytest.raises(ConvertError, match='"own_networks:Fixed" cannot be made to take 64x64') as raised:
        subject("Fixed", "64x64", fit="pad")

    assert raised.value.hint == (
        "the nearest size that works is --res 32x32; --fit resize brings the frame to 40x40 inside the graph"
    )


def test_a_fitted_factory_is_proved_through_the_worker(cache, tmp_path):
    recipe = Recipe("own_networks:Fixed", resolution_of("45x37"), fit="resize")

    artefact = produce(recipe, cache, print)

    session = onnxruntime.InferenceSession(artefact.path, providers=["CPUExecutionProvider"])
    for reference in artefact.references:
        (seen,) = session.run(None, {artefact.inputs[0].name: np.load(reference.inputs[0])})
        np.testing.assert_allclose(seen, np.load(reference.outputs[0]), atol=1e-5)
    assert artefact.inputs[0].shape == (1, 3, 37, 45)
    assert produce(Recipe("own_networks:Fixed", resolution_of("45x37"), fit="resize"), cache, print) == artefact


def test_the_maps_of_every_stage_are_named_by_how_much_smaller_they_are():
    import torch

    asked = subject("pyramid", "64x64", features=True)
    with torch.no_grad():
        maps = asked.fresh()(torch.rand(1, 3, 64, 64))

    assert [f"feature_{64 // each.shape[-1]}" for each in maps] == list(asked.outputs)
    assert asked.card["features"] == ", ".join(asked.outputs)
    assert len(maps) > 2


def test_one_map_is_given_where_a_network_tells_of_no_other():
    import torch

    asked = subject("Staged", "64x32", features=True)
    with torch.no_grad():
        found = asked.fresh()(torch.rand(1, 3, 32, 64))

    assert asked.outputs == ("features",)
    assert found.shape == (1, 4, 8, 16)


@pytest.mark.parametrize("told", [None, [8, 16], [{"reduction": None}], {"reduction": 8}, 5], ids=repr)
def test_feature_info_of_another_form_names_no_maps(told):
    class Telling:
        feature_info = told

        def forward_intermediates(self) -> None:
            """It is only looked for."""

    assert names_of(Telling()) == ()


@pytest.mark.parametrize("res", ["native", "2000x2000"])
def test_a_factory_at_its_own_size_is_refused_what_there_is_no_memory_for(res):
    with pytest.raises(ConvertError, match=r"x3x2000x2000 float32 needs about \d"):
        subject("Huge", res)


def test_a_network_without_feature_maps_is_refused_in_one_line():
    with pytest.raises(ConfigError, match="has neither forward_intermediates nor forward_features") as raised:
        subject("Fixed", features=True)

    assert raised.value.hint == "leave it out, and have its forward return the feature maps"
