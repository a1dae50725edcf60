"""OpenVINO's averages over every inference, made into the average of those that count."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Dict, List

import pytest

from edgeprof.agent.runtimes.openvino_counters import CountedSession


def counter(name: str, micros: int, status: str = "EXECUTED") -> Any:
    spent = timedelta(microseconds=micros)
    return SimpleNamespace(
        node_name=name,
        node_type="Convolution",
        exec_type="brgconv_f32",
        real_time=spent,
        status=SimpleNamespace(name=status),
    )


class Told:
    """What OpenVINO's request and compiled model answer, in numbers that no machine would keep still for."""

    precision = "fp32"

    def __init__(self) -> None:
        self.counters: List[Any] = []
        self.request = SimpleNamespace(get_profiling_info=lambda: self.counters)
        self.compiled = SimpleNamespace(get_runtime_model=lambda: SimpleNamespace(get_ops=list))

    def infer(self) -> None: ...


def seconds(before: List[Any], after: List[Any], warmed: int, frames: int) -> Dict[str, float]:
    told = Told()
    session = CountedSession(told)
    told.counters = before
    session.begin(warmed)
    told.counters = after
    return {name: times[0] for name, times, _ in session.layers(frames)}


def test_what_came_before_the_frames_that_count_is_taken_out() -> None:
    # 4 inferences of 100 us, then 16 of 25: an average of 40 over all of them
    assert seconds([counter("a", 100)], [counter("a", 40)], 4, 16) == {"a": pytest.approx(25e-6)}


def test_one_that_did_not_run_before_has_no_time_to_take_out() -> None:
    assert seconds([], [counter("a", 40)], 4, 16) == {"a": pytest.approx(50e-6)}


def test_rounding_never_makes_a_time_below_none() -> None:
    assert seconds([counter("a", 9)], [counter("a", 0)], 4, 16) == {"a": 0.0}


def test_what_was_fused_away_is_no_layer() -> None:
    assert seconds([], [counter("a", 40), counter("b", 0, "NOT_RUN")], 4, 16).keys() == {"a"}
