"""The loop, in-process, on a clock that is cranked by hand."""

from __future__ import annotations

from typing import Dict, List

import pytest

from edgeprof.agent import loop
from edgeprof.agent.samples import sample_file, samples_in_file, samples_in_process


class Crank:
    """A session whose inferences take the time they are told to, and the clock that they move."""

    def __init__(self, latencies_ns: List[int]) -> None:
        self.now_ns = 0
        self._latencies_ns = latencies_ns
        self.inferred = 0

    def clock_ns(self) -> int:
        return self.now_ns

    def infer(self) -> None:
        self.now_ns += self._latencies_ns[self.inferred % len(self._latencies_ns)]
        self.inferred += 1


def test_each_sample_is_the_time_of_one_inference() -> None:
    crank, samples = Crank([5_000_000, 7_000_000]), samples_in_process(10)

    loop.run(crank.infer, crank.clock_ns, samples, until=3)

    assert samples.seconds(0, samples.count) == [0.005, 0.007, 0.005]


def test_it_goes_on_where_it_left_off() -> None:
    crank, samples = Crank([1, 2, 3, 4]), samples_in_process(10)

    loop.run(crank.infer, crank.clock_ns, samples, until=1)
    loop.run(crank.infer, crank.clock_ns, samples, until=4)

    assert samples.seconds(0, 4) == [1e-9, 2e-9, 3e-9, 4e-9]
    assert crank.inferred == 4


def test_it_stops_when_told_to() -> None:
    samples = samples_in_process(100)
    crank = Crank([1])

    def infer() -> None:
        crank.infer()
        if crank.inferred == 5:
            samples.stop()

    loop.run(infer, crank.clock_ns, samples)

    assert samples.count == 5


def test_it_ends_when_there_is_no_more_room() -> None:
    crank, samples = Crank([1]), samples_in_process(8)

    loop.run(crank.infer, crank.clock_ns, samples)

    assert samples.count == 8


def test_a_sample_is_finished_before_it_is_counted() -> None:
    samples = samples_in_process(4)
    seen = []

    def infer() -> None:
        seen.append(samples.count)

    loop.run(infer, lambda: 0, samples)

    assert seen == [0, 1, 2, 3]


def test_two_mappings_of_one_file_see_the_same_samples() -> None:
    handle = sample_file()
    writer, reader = samples_in_file(handle), samples_in_file(handle)

    loop.run(lambda: None, iter(range(0, 100, 5)).__next__, writer, until=3)
    reader.stop()

    assert reader.seconds(0, reader.count) == [5e-9] * 3
    assert writer.is_stopped


class MarkedCrank(Crank):
    def infer_marked(self) -> None:
        self.infer()

    def parts_s(self) -> Dict[str, float]:
        return {"compute": self._latencies_ns[(self.inferred - 1) % len(self._latencies_ns)] / 2e9}


@pytest.mark.parametrize(
    ("latency_ms", "count"), [(0.1, 50), (10, 50), (110, 10), (400, 3), (1000, 3), (20_000, 3)], ids=str
)
def test_parts_are_looked_at_for_about_a_second_and_three_times_at_the_least(latency_ms: float, count: int) -> None:
    crank = MarkedCrank([round(latency_ms * 1e6)])
    told = loop.segments(crank, crank.clock_ns)

    assert (told["samples"], crank.inferred) == (count, count)
    assert told["host_s"] == pytest.approx(latency_ms / 1e3)
    assert told["parts_s"] == {"compute": pytest.approx(latency_ms / 2e3)}
    assert told["gap_s"] == pytest.approx(latency_ms / 2e3)
