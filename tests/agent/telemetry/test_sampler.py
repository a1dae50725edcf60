"""When sources are read, what becomes of their readings, and that nothing of it reaches the watch."""

from __future__ import annotations

import threading
import time
from math import inf, nan
from typing import Callable, List

import pytest

from edgeprof.agent.telemetry.sampler import Columns, Sampler, counters_of
from edgeprof.agent.telemetry.source import Readings, Source
from edgeprof.core.telemetry import Telemetry


def a_source(read: Callable[[], Readings], way: str = "a file", pace_s: float = 0.05, **changes: object) -> Source:
    return Source(read, lambda _: way, pace_s, **changes)  # type: ignore[arg-type]


def sampled(*sources: Source, seconds: float = 0.3, pace_s: float = 0.05) -> Telemetry:
    sampler = Sampler(pace_s, lambda: sources)
    sampler.start()
    sampler.begin()
    time.sleep(seconds)
    telemetry = sampler.telemetry()
    assert telemetry
    return telemetry


def test_readings_come_at_the_pace_with_one_at_the_beginning_and_one_at_the_end() -> None:
    telemetry = sampled(a_source(lambda: {"power_w": 5.0}), seconds=0.5)

    assert 0.5 <= telemetry.seconds < 1.0
    assert 5 <= len(telemetry.times_s) <= 13
    assert telemetry.times_s[0] < 0.2
    assert telemetry.times_s[-1] >= 0.5
    assert set(telemetry.series["power_w"]) == {5.0}
    assert telemetry.sources == {"power_w": "a file"}


def test_a_slow_source_is_not_read_at_the_pace_of_a_fast_one() -> None:
    telemetry = sampled(
        a_source(lambda: {"fast_hz": 1.0}), a_source(lambda: {"slow_hz": 2.0}, pace_s=60.0), seconds=0.4
    )

    assert [value for value in telemetry.series["slow_hz"] if value is not None] == [2.0, 2.0]
    assert None in telemetry.series["slow_hz"]
    assert None not in telemetry.series["fast_hz"]


def test_nothing_is_read_before_it_begins() -> None:
    count: List[int] = []
    sampler = Sampler(0.01, lambda: [a_source(lambda: count.append(1) or {"power_w": 1.0})])  # type: ignore[func-returns-value]
    sampler.start()
    time.sleep(0.1)
    before = len(count)
    sampler.begin()
    time.sleep(0.05)

    assert before == 0
    assert sampler.telemetry() is not None
    assert count


def test_a_series_is_from_one_source_alone_and_the_first_that_has_it() -> None:
    better: List[Readings] = [{}, {"power_w": 7.0}]
    telemetry = sampled(
        a_source(lambda: better.pop(0) if better else {}, "tegrastats"), a_source(lambda: {"power_w": 1.0}, "RAPL")
    )

    assert [value for value in telemetry.series["power_w"] if value is not None] == [7.0]
    assert telemetry.sources["power_w"] == "tegrastats"


def test_counters_are_told_as_they_went_up_and_bits_as_they_were() -> None:
    totals = iter([{"oc3_event_count": 27390, "throttled_bits": 0}, {"oc3_event_count": 27393, "throttled_bits": 5}])
    telemetry = sampled(a_source(dict, pace_s=inf, count=lambda: next(totals)))

    assert telemetry.counters == {"oc3_event_count": 3, "throttled_bits_before": 0, "throttled_bits_after": 5}
    assert telemetry.times_s == ()


def test_a_counter_that_went_back_or_is_gone_says_nothing() -> None:
    assert counters_of({"a": 5, "b": 1, "c": 2}, {"a": 4, "c": 2, "d": 9}) == {"c": 0}


def test_without_a_pace_no_source_is_opened() -> None:
    def never() -> List[Source]:
        raise AssertionError

    sampler = Sampler(0.0, never)
    sampler.start()
    sampler.begin()

    assert sampler.telemetry() is None


def test_a_sampling_that_never_began_has_no_telemetry_and_its_sources_are_closed() -> None:
    closed = threading.Event()
    sampler = Sampler(0.05, lambda: [a_source(lambda: {"power_w": 1.0}, close=closed.set)])
    sampler.start()

    assert sampler.telemetry() is None
    assert closed.wait(2)


def test_what_nothing_was_read_of_is_no_telemetry() -> None:
    sampler = Sampler(0.05, list)
    sampler.start()
    sampler.begin()

    assert sampler.telemetry() is None


def test_a_source_that_hangs_holds_nobody_up_and_what_was_read_is_kept() -> None:
    released = threading.Event()
    readings = iter([{"power_w": 3.0}])
    sampler = Sampler(0.02, lambda: [a_source(lambda: next(readings, {}) or (released.wait(20) and {}) or {})])
    sampler.start()
    sampler.begin()
    time.sleep(0.2)
    began = time.monotonic()
    sampler.end()
    ended = time.monotonic()
    telemetry = sampler.telemetry()
    waited = time.monotonic() - began
    released.set()

    assert ended - began < 0.1
    assert waited < 3
    assert telemetry
    assert telemetry.series["power_w"] == (3.0,)
    assert telemetry.power_w is None  # one reading says nothing of the whole


def test_the_last_reading_is_after_the_end() -> None:
    sampler = Sampler(30.0, lambda: [a_source(lambda: {"energy_j": time.monotonic()}, pace_s=30.0)])
    sampler.start()
    sampler.begin()
    time.sleep(0.3)
    telemetry = sampler.telemetry()

    assert telemetry
    assert len(telemetry.times_s) == 2
    assert telemetry.power_w == pytest.approx(1.0, rel=0.05)


def test_after_a_late_reading_none_is_made_up_for() -> None:
    at_s: List[float] = []

    def late_once() -> Readings:
        at_s.append(time.monotonic())
        time.sleep(0.5 if len(at_s) == 1 else 0.0)
        return {"power_w": 1.0}

    sampled(a_source(late_once, pace_s=0.1), seconds=0.75, pace_s=0.1)
    gaps_s = [later - earlier for earlier, later in zip(at_s[1:-1], at_s[2:-1])]

    assert gaps_s
    assert min(gaps_s) > 0.05


def test_columns_are_thinned_when_there_are_too_many_times() -> None:
    columns = Columns()
    source = a_source(dict)
    for n in range(5000):
        columns.add(float(n), [{"every": float(n)} if n % 2 else {"every": float(n), "other": 1.0}])
    series, _ = columns.series([source])
    times = columns.times_s()

    assert len(times) < 2048
    assert series["every"] == times
    assert len(series["other"]) == len(times)
    assert times[-1] > 4900


def test_what_is_not_finite_is_not_known() -> None:
    columns = Columns()
    columns.add(0.0, [{"power_w": nan, "gpu_hz": 1.0}])
    columns.add(1.0, [{"power_w": inf}])
    series, _ = columns.series([a_source(dict)])

    assert series == {"gpu_hz": (1.0,)}
    assert columns.times_s() == (0.0,)
