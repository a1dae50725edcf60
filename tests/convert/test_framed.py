"""What torch does to an image before its network, against the same done by hand."""

from __future__ import annotations

import numpy as np  # noqa: TID253
import pytest

from edgeprof.convert.framed import framed
from edgeprof.convert.framing import near_framing
from edgeprof.convert.preprocess import resized

pytestmark = pytest.mark.export


def through(placed, image):
    import torch

    return framed(torch.nn.Identity(), placed)(torch.from_numpy(image)).numpy()


@pytest.fixture
def image():
    return np.random.default_rng(0).random((2, 3, 33, 51), dtype=np.float32)


def test_padding_adds_zeros_below_and_on_the_right(image):
    seen = through(near_framing((33, 51), (48, 64), "pad"), image)

    assert seen.shape == (2, 3, 48, 64)
    assert np.array_equal(seen[..., :33, :51], image)
    assert not seen[..., 33:, :].any()
    assert not seen[..., :, 51:].any()


def test_cropping_keeps_the_middle(image):
    seen = through(near_framing((33, 51), (32, 48), "crop"), image)

    assert np.array_equal(seen, image[..., 0:32, 1:49])


@pytest.mark.parametrize("size", [(32, 48), (64, 80)])
def test_resizing_is_bilinear_without_antialiasing(image, size):
    seen = through(near_framing((33, 51), size, "resize"), image)

    for row, made in zip(image, seen, strict=True):
        by_hand = resized(row.transpose(1, 2, 0), *size, "bilinear", antialias=False)
        assert np.allclose(made, by_hand.transpose(2, 0, 1), atol=1e-5)
