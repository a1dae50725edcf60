"""Sizes that are not a model's own, tried on tensors without data: nothing here is exported."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from edgeprof.agent.memory import peak_bytes
from edgeprof.convert.fit import Wish, fitted
from edgeprof.convert.footprint import footprint
from edgeprof.convert.skeleton import feature_names, gives_channels_last, own_size
from edgeprof.core.errors import ConvertError
from edgeprof.core.resolution import resolution_of

pytestmark = pytest.mark.export

ODD = (333, 517)
HD = (1080, 1920)


def wish(name, size=ODD, fit="pad", rows=1, *, features=False):
    return Wish(name, own_size(name), size, rows, fit, features)


def refusal(asked):
    with pytest.raises(ConvertError) as raised:
        fitted(asked)
    assert "\n" not in raised.value.message
    return raised.value


@pytest.mark.parametrize(
    ("fit", "size", "words"),
    [
        ("pad", (336, 528), "padded to a multiple of 16, by img_size"),
        ("resize", (336, 512), "resized to a multiple of 16, by img_size"),
        ("crop", (320, 512), "cropped to a multiple of 16, by img_size"),
    ],
)
def test_a_patch_model_is_made_for_the_multiple_that_the_fit_leads_to(fit, size, words):
    found = fitted(wish("test_vit", fit=fit))

    assert (found.size, found.policy) == (size, words)
    assert found.options == {"img_size": size}
    assert found.framing.frame == ODD
    assert str(ODD[1]) in found.framing.notes()[0]


@pytest.mark.parametrize("fit", ["pad", "resize", "crop"])
def test_a_network_that_reads_every_row_takes_the_size_as_asked_whatever_the_fit(fit):
    found = fitted(wish("test_resnet", fit=fit))

    assert (found.size, found.policy, found.options) == (ODD, "size as asked", {})
    assert not found.framing.changes


@pytest.mark.parametrize(("fit", "size"), [("pad", (352, 544)), ("resize", (320, 512)), ("crop", (320, 512))])
def test_a_network_that_would_leave_rows_unread_is_not_given_them_silently(fit, size):
    found = fitted(wish("test_convnext", fit=fit))

    assert found.size == size
    assert found.framing.notes()


def test_the_last_row_of_the_same_network_is_read_where_its_stem_divides_the_size():
    assert fitted(wish("test_convnext", (332, 516))).policy == "size as asked"


def test_patches_of_an_odd_side_are_padded_to_their_multiple():
    found = fitted(wish("convmixer_768_32", HD))

    assert (found.size, found.unread) == ((1085, 1925), (0, 0))


def test_a_network_that_leaves_rows_out_at_every_size_says_which(monkeypatch):
    monkeypatch.setattr(
        "edgeprof.convert.fit.footprint", lambda model, shape: replace(footprint(model, shape), unread=(2, 1))
    )
    found = fitted(wish("test_resnet"))

    assert found.policy == "size as asked"
    assert found.notes() == ("the network does not read the last 2 rows and 1 columns of what it is given",)


def test_an_even_size_needs_no_words():
    for name in ("test_vit", "test_convnext", "test_resnet"):
        found = fitted(wish(name, (320, 512)))

        assert found.policy.startswith("size as asked")
        assert found.framing.notes() == ()


def test_where_no_way_works_a_size_that_does_is_named_and_can_be_pasted():
    asked = wish("efficientformer_l1", HD)

    error = refusal(asked)

    assert "1920x1080 (width x height)" in error.message
    size = resolution_of(re.search(r"--res (\S+);", error.hint)[1])
    assert fitted(replace(asked, size=(size.height, size.width)))
    assert "--fit resize brings the frame to 224x224" in error.hint
    resized = fitted(replace(asked, fit="resize"))
    assert (resized.size, resized.policy) == ((224, 224), "resized to its own size")


def test_nothing_smaller_is_cropped_to_than_there_is():
    error = refusal(wish("test_vit", (8, 8), "crop"))

    assert "no size for it to be cropped to" in error.message
    assert "--res 32x32" in error.hint


def test_relative_tables_that_would_not_fit_name_a_size_whose_tables_do():
    asked = wish("coatnet_nano_rw_224", HD)

    error = refusal(asked)

    assert "GiB of relative position tables" in error.message
    size = resolution_of(re.search(r"--res (\S+)", error.hint)[1])
    assert HD[0] > size.height >= 224
    assert fitted(replace(asked, size=(size.height, size.width)))


@pytest.mark.parametrize("name", ["vit_base_patch16_224", "resnet50", "swin_tiny_patch4_window7_224"])
def test_a_size_beyond_the_memory_is_foreseen_in_seconds_and_nothing_of_it_is_allocated(name):
    asked = wish(name, (20160, 20480))
    before, begin = peak_bytes(), time.monotonic()

    error = refusal(asked)

    assert re.search(r"needs about \d+\.\d GiB of memory, \d+\.\d GiB are available here", error.message)
    assert time.monotonic() - begin < 60
    assert peak_bytes() - before < 1 << 29
    assert "the nearest size that works is --res " in error.hint


def test_what_is_usual_is_not_refused():
    for name in ("resnet50", "convnext_tiny", "swin_tiny_patch4_window7_224", "vit_tiny_patch16_224"):
        assert fitted(wish(name, HD)).size[0] >= 1080


def test_too_many_frames_at_once_name_how_many_fit():
    asked = wish("test_resnet", (160, 160), rows=1 << 22)

    error = refusal(asked)

    rows = int(re.search(r"--batch (\d+) fits", error.hint)[1])
    assert 1 <= rows < 1 << 22
    assert fitted(replace(asked, rows=rows)).policy == "own size"


def test_the_maps_of_a_pyramid_are_named_by_how_much_smaller_they_are():
    assert feature_names("test_resnet") == tuple(f"feature_{by}" for by in (2, 4, 8, 16, 32))
    assert feature_names("test_vit") == ("feature_16_1", "feature_16_2", "feature_16_3")


@pytest.mark.parametrize(
    ("name", "is_last"), [("swin_tiny_patch4_window7_224", True), ("test_resnet", False), ("test_vit", False)]
)
def test_maps_whose_channels_come_last_are_known(name, is_last):
    own = own_size(name)

    assert gives_channels_last(name, {}, (1, 3, own.height, own.width)) == is_last


def test_a_model_without_feature_maps_says_so():
    import torch
    from timm.models import register_model

    @register_model
    def lone_network(pretrained=False, pretrained_cfg=None, pretrained_cfg_overlay=None, cache_dir=None):
        return torch.nn.Identity()

    with pytest.raises(ConvertError, match=r"lone_network gives no feature maps: .*features_only") as raised:
        feature_names("lone_network")
    assert "--features" in raised.value.hint


def test_a_factorys_module_beyond_the_memory_is_refused_too():
    import torch

    from edgeprof.convert.factory import _foresee
    from edgeprof.core.job import Tensor

    wide = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 3), torch.nn.Conv2d(64, 64, 3))
    before = peak_bytes()

    with pytest.raises(ConvertError, match=r"\"shop:wide\" on x 1x3x20000x20000 float32 needs about \d+"):
        _foresee("shop:wide", wide, (Tensor("x", (1, 3, 20000, 20000), "float32"),))
    assert peak_bytes() - before < 1 << 29
    _foresee("shop:wide", wide, (Tensor("x", (1, 3, 200, 200), "float32"),))
    assert {parameter.device.type for parameter in wide.parameters()} == {"cpu"}
