"""The sum of the layers beside the latency that it is held against."""

from __future__ import annotations

import pytest
from builders import a_measurement, a_process

from edgeprof.core.layers import Layer, Profiled, latency_of

LAYERS = (Layer("a", "Conv", 0.006), Layer("b", "Relu", 0.003))


def profiled(*layers: Layer) -> Profiled:
    measurement = a_measurement(a_process([0.5]), a_process([0.010, 0.010, 0.020]))
    return Profiled(measurement, layers, 10, 0.011, 0.0095, tells_each_frame=True)


def test_the_latency_is_the_p50_of_the_last_process_that_was_measured() -> None:
    assert profiled(*LAYERS).latency_s == latency_of(profiled().measurement) == 0.010


def test_the_gap_is_a_share_of_the_latency_and_below_zero_where_the_sum_is_less() -> None:
    assert profiled(*LAYERS).sum_s == pytest.approx(0.009)
    assert profiled(*LAYERS).gap_share == pytest.approx(-0.1)


def test_shares_are_of_the_sum_and_none_of_nothing() -> None:
    assert profiled(*LAYERS).share(0.003) == pytest.approx(1 / 3)
    assert profiled().share(0.0) == 0.0
