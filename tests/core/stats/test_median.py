"""The median agrees with the standard library's."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.stats.median import median


@given(st.lists(st.floats(allow_nan=False, min_value=-1e300, max_value=1e300), min_size=1))
def test_it_is_that_of_the_standard_library(values: list[float]) -> None:
    assert median(values) == statistics.median(values)


def test_an_iterator_will_do() -> None:
    assert median(iter((3.0, 1.0, 2.0))) == 2.0


def test_nothing_has_no_median() -> None:
    with pytest.raises(ValueError, match="no values"):
        median([])
