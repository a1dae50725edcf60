"""What is fed to a model for its references, and what is kept of it."""

import numpy as np  # noqa: TID253
import pytest

from edgeprof.convert.feed import feeds
from edgeprof.convert.references import reference
from edgeprof.core.job import Tensor

IMAGE = Tensor("image", (1, 3, 16, 16), "float32")


def referenced(folder, infer, more=()):
    return reference((IMAGE,), lambda count: ["out"], {}, folder, infer, more)


def test_two_random_inputs_are_compared_besides_the_pair_of_the_sensitivity(tmp_path):
    seen = referenced(tmp_path, lambda fed: [fed["image"]])
    fed = [np.load(tmp_path / each.inputs[0]) for each in seen.references]

    assert len({each.tobytes() for each in fed}) == len(fed) == 4
    assert seen.sensitivity == pytest.approx(np.linalg.norm(fed[0] - fed[1]) / np.linalg.norm(fed[0]))


def test_inputs_that_are_too_large_for_so_many_are_a_pair():
    assert len(feeds((Tensor("image", (1, 3, 2160, 3840), "float32"),), {})) == 2
    assert len(feeds((Tensor("image", (1, 3, 1080, 1920), "float32"),), {})) == 4


def test_what_is_given_comes_behind_the_random_inputs_and_leaves_the_sensitivity_alone(tmp_path):
    alone = referenced(tmp_path, lambda fed: [fed["image"]])
    mine = {"image": np.full(IMAGE.shape, 100, np.float32)}

    seen = referenced(tmp_path, lambda fed: [fed["image"]], [mine])

    assert len(seen.references) == 5
    assert set(np.load(tmp_path / seen.references[4].outputs[0]).ravel()) == {100.0}
    assert seen.sensitivity == alone.sensitivity
