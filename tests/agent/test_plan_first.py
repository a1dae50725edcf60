"""A runtime that compiles beforehand: the agent has the plan built by a process of its own, then measures with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from agent.speaking import Agent, Event, a_fake, a_fake_job
from edgeprof.agent.execution import Execution
from edgeprof.agent.watch import Watch
from edgeprof.core.codec import restore
from edgeprof.core.files import digest_of_bytes
from edgeprof.core.measurement import Ended, Process
from edgeprof.core.protocol import Order, Task, Watchdogs
from edgeprof.core.sampling import Sampling
from edgeprof.core.stats.steady import WarmUp

Start = Callable[[], Agent]
SHORT = Sampling(WarmUp(floor_samples=5, floor_s=0.0, until_steady=False), max_s=0.5, least_s=0.5)


def heard(start: Start, folder: Path, task: Task = Task.MEASURE, **declared: Any) -> List[Event]:
    values: Dict[str, Any] = {"sampling": SHORT, "holder": "the test", "watchdogs": Watchdogs(build_s=1.0)}
    agent = start()
    agent.ask(Order(task, a_fake_job(), a_fake(folder, **declared), outputs_to=str(folder), **values))
    return agent.hear_all()


def names(events: List[Event]) -> List[str]:
    return [event["event"] for event in events]


def test_a_plan_that_is_missing_is_built_first_and_that_is_told(start: Start, tmp_path: Path) -> None:
    plan = tmp_path / "a.plan"
    events = heard(start, tmp_path, plan={"path": str(plan)})

    process = restore(Process, events[-1]["process"])
    assert names(events)[:5] == ["loading", "building", "building", "loading", "warming"]
    assert events[1]["words"] == "the plan: there is none of it yet"
    assert events[2]["words"] == "writing the declared plan"
    assert (process.plan_path, process.plan_bytes) == (str(plan), len("compiled"))
    assert process.plan_digest == digest_of_bytes(b"compiled")


def test_a_plan_that_is_there_is_used_as_it_is(start: Start, tmp_path: Path) -> None:
    plan = tmp_path / "a.plan"
    plan.write_text("from yesterday")
    events = heard(start, tmp_path, plan={"path": str(plan)})

    assert "building" not in names(events)
    assert events[-1]["process"]["plan_digest"] == digest_of_bytes(b"from yesterday")


def test_a_plan_that_does_not_load_is_built_again_and_why_is_told(start: Start, tmp_path: Path) -> None:
    plan = tmp_path / "a.plan"
    plan.write_text("broken")
    events = heard(start, tmp_path, plan={"path": str(plan)})

    assert events[1]["words"] == "the plan: the one that was kept does not load"
    assert plan.read_text() == "compiled"
    assert events[-1]["event"] == "done"


@pytest.mark.parametrize("task", [Task.MEASURE, Task.OUTPUTS])
def test_a_plan_that_never_loads_is_refused_and_not_built_for_ever(start: Start, tmp_path: Path, task: Task) -> None:
    events = heard(start, tmp_path, task, plan={"path": str(tmp_path / "a.plan"), "text": "broken"})

    assert (events[-1]["event"], events[-1]["cause"]) == ("error", "refused")
    assert events[-1]["message"] == "a plan was built, and still the one that was kept does not load"
    assert names(events).count("building") == 2


def test_a_build_that_hangs_is_ended_by_its_watchdog(start: Start, tmp_path: Path) -> None:
    events = heard(start, tmp_path, plan={"path": str(tmp_path / "a.plan"), "build": "hang"})

    assert (events[-1]["event"], events[-1]["cause"]) == ("error", "hung")
    assert "no end of building the plan within 1 s" in events[-1]["message"]


def test_a_runtime_without_marks_has_no_segments(start: Start, tmp_path: Path) -> None:
    process = restore(Process, heard(start, tmp_path, latency_ms=10)[-1]["process"])

    assert process.segments is None
    assert process.plan_digest is None


def test_the_devices_own_times_stand_beside_the_hosts_and_never_replace_them(start: Start, tmp_path: Path) -> None:
    events = heard(start, tmp_path, latency_ms=10, parts_ms={"h2d": 1, "compute": 7, "d2h": 0.5})

    segments = restore(Process, events[-1]["process"]).segments
    latencies_s = [s for event in events if event["event"] == "samples" for s in event["latencies_s"]]
    assert segments is not None
    assert (segments.samples, segments.host_s) == (50, 0.01)
    assert segments.parts_s == {"h2d": 0.001, "compute": 0.007, "d2h": 0.0005}
    assert segments.gap_s == pytest.approx(0.0015)
    assert set(latencies_s) == {0.01}


def test_segments_that_fail_cost_none_of_what_was_measured(start: Start, tmp_path: Path) -> None:
    events = heard(start, tmp_path, latency_ms=10, parts_ms={"h2d": "lost"})

    process = restore(Process, events[-1]["process"])
    assert process.segments is None
    assert (process.ended, process.message) == (Ended.DURATION, None)
    assert process.peak_memory_bytes


def test_the_plan_that_outputs_were_computed_with_is_named(start: Start, tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    events = heard(start, tmp_path, Task.OUTPUTS, plan={"path": str(tmp_path / "a.plan")})

    assert events[-1]["plan_digest"] == digest_of_bytes(b"compiled")
    assert heard(start, tmp_path, Task.OUTPUTS)[-1]["plan_digest"] is None


def test_what_is_done_before_a_process_is_done_again_after_a_build(archive: Path, tmp_path: Path) -> None:
    """The canary that was sung before a build of an hour says nothing of the machine after it."""
    plan = tmp_path / "a.plan"
    model = a_fake(tmp_path, latency_ms=10, plan={"path": str(plan)})
    order = Order(Task.MEASURE, a_fake_job(), model, sampling=SHORT)
    there: List[bool] = []
    execution = Execution(order, [sys.executable, str(archive)], lambda event: None, lambda: False)
    process = execution._watched(Watch.run, lambda: there.append(plan.exists()))

    assert process.ended is Ended.DURATION
    assert there == [False, True]
