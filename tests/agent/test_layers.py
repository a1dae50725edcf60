"""What the agent hands over of a model's layers, from a process in which nothing is measured."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Tuple

import pytest

from agent.speaking import Agent, Event, a_fake, a_fake_job
from edgeprof.agent import layers
from edgeprof.core.job import Job
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling

Start = Callable[[], Agent]


def heard(start: Start, folder: Path, frames: int = 10, runtime: str = "fake", **declared: Any) -> List[Event]:
    agent = start()
    job = a_fake_job(runtime=runtime)
    sampling = Sampling(max_s=5.0, samples=frames)
    agent.ask(Order(Task.LAYERS, job, a_fake(folder, **declared), sampling=sampling, holder="the test"))
    return agent.hear_all()


def rows(events: List[Event]) -> List[Dict[str, Any]]:
    return [row for event in events for row in event.get("rows", [])]


def test_each_layer_is_a_row_with_its_time_and_what_the_runtime_tells(start: Start, tmp_path: Path) -> None:
    events = heard(
        start, tmp_path, latency_ms=5, layers=[{"name": "a", "ms": 3, "type": "Conv"}, {"name": "b", "ms": 1}]
    )

    assert [(row["name"], row["seconds"]) for row in rows(events)] == [("a", 0.003), ("b", 0.001)]
    assert rows(events)[0]["told"]["type"] == "Conv"
    done = events[-1]
    assert done["event"] == "done"
    assert (done["frames"], done["frame_s"], done["in_layers_s"], done["each_frame"]) == (10, 0.005, 0.004, True)


def test_nothing_that_is_measured_comes_of_it(start: Start, tmp_path: Path) -> None:
    events = heard(start, tmp_path, latency_ms=5, layers=[{"name": "a", "ms": 3}])

    assert [event for event in events if event["event"] == "samples" or "process" in event] == []


def test_many_layers_come_in_several_messages_and_none_is_lost(start: Start, tmp_path: Path) -> None:
    events = heard(start, tmp_path, layers=[{"name": f"n{i}", "ms": 0.1} for i in range(1201)])

    assert [row["name"] for row in rows(events)] == [f"n{i}" for i in range(1201)]
    assert max(len(event.get("rows", [])) for event in events) == 500


def test_slow_frames_end_with_the_time_and_a_few_are_seen_in_any_case(start: Start, tmp_path: Path) -> None:
    events = heard(start, tmp_path, frames=100, latency_ms=2000, layers=[{"name": "a", "ms": 1}])

    assert events[-1]["frames"] == 3  # of 2 s, in 5 s


def test_a_model_without_declared_layers_is_an_error_and_not_an_empty_table(start: Start, tmp_path: Path) -> None:
    events = heard(start, tmp_path, latency_ms=5)

    assert (events[-1]["event"], events[-1]["cause"]) == ("error", "unavailable")


def test_a_runtime_without_a_profiler_says_so(start: Start, tmp_path: Path) -> None:
    events = heard(start, tmp_path, runtime="torch")

    assert events[-1]["cause"] == "unavailable"
    assert "torch tells no times of its layers" in events[-1]["message"]


@pytest.mark.parametrize(("how", "cause"), [("exit", "crashed"), ("memory", "out of memory")])
def test_a_crash_while_profiling_is_told_as_any_other(start: Start, tmp_path: Path, how: str, cause: str) -> None:
    events = heard(start, tmp_path, layers=[{"name": "a", "ms": 1}], crash={"after": 4, "how": how})

    assert (events[-1]["event"], events[-1]["cause"]) == ("error", cause)


class Averaging:
    """A runtime that tells averages alone: of `a` another each time, of `b` only when it is loaded the third time."""

    tells_each_frame = False
    precision = "fp32"
    averages_s = (0.004, 0.001, 0.002, 0.009, 0.003)

    def __init__(self) -> None:
        self.loaded = self.inferred = 0
        self.begun: List[int] = []
        self.counted: List[int] = []

    def clock_ns(self) -> int:
        return self.inferred * 1_000_000

    @contextmanager
    def open_layered(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> Iterator[Averaging]:
        self.loaded += 1
        yield self

    def infer(self) -> None:
        self.inferred += 1

    def begin(self, warmed: int) -> None:
        self.begun.append(warmed)

    def layers(self, frames: int) -> List[Tuple[str, List[float], Dict[str, Any]]]:
        self.counted.append(frames)
        rows: List[Tuple[str, List[float], Dict[str, Any]]] = [("a", [self.averages_s[self.loaded - 1]], {})]
        return [*rows, ("b", [0.010], {})] if self.loaded == 3 else rows


def test_of_averages_several_are_taken_and_the_middle_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime, said = Averaging(), []
    monkeypatch.setattr(layers, "runtime_of", lambda name: runtime)
    order = Order(Task.LAYERS, a_fake_job(), sampling=Sampling(max_s=60.0, samples=100))
    layers.tell(order, a_fake_job(), 1, said.append)

    assert [event["event"] for event in said] == ["loaded", "inferred", "layers"]
    assert [(row["name"], row["seconds"]) for row in said[-1]["rows"]] == [("a", 0.003), ("b", 0.0)]
    assert (said[-1]["frames"], said[-1]["each_frame"]) == (100, False)
    assert said[-1]["in_layers_s"] == pytest.approx(0.004)  # of 4, 1, 12, 9 and 3 ms
    assert (runtime.begun, runtime.counted) == ([5] * 5, [20] * 5)  # more would be rounded into what counts
