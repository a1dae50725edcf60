"""What makes an artefact another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeprof.convert.ingredients import key_of, rounding_key
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import Source
from edgeprof.core.resolution import Resolution

TIMM = Source("timm", "test_resnet")
ODD = Recipe("test_resnet", Resolution(333, 517))


@pytest.mark.parametrize("change", [{"fit": "crop"}, {"features": True}, {"is_dynamic": True}, {"batch": 2}])
def test_what_changes_the_graph_changes_its_key(change):
    assert key_of(replace(ODD, **change), TIMM, []) != key_of(ODD, TIMM, [])


def test_a_fit_that_nothing_is_fitted_by_makes_no_other_artefact():
    native = Recipe("test_resnet")

    assert key_of(replace(native, fit="crop"), TIMM, []) == key_of(native, TIMM, [])


def test_the_rounding_of_a_pyramid_is_not_the_classifiers():
    assert rounding_key(replace(ODD, features=True), TIMM) != rounding_key(ODD, TIMM)
    assert rounding_key(replace(ODD, fit="crop"), TIMM) == rounding_key(ODD, TIMM)
