"""The agent from outside: one order in, events out, an end when stdin closes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from agent.speaking import Agent, Event, a_fake, a_fake_job
from edgeprof.agent.runtimes import RUNTIMES
from edgeprof.agent.samples import CAPACITY
from edgeprof.core.codec import restore
from edgeprof.core.measurement import Ended, Process
from edgeprof.core.protocol import Order, Task, Watchdogs, hello
from edgeprof.core.sampling import Sampling
from edgeprof.core.stats.sequential import Rule, Threshold
from edgeprof.core.stats.steady import WarmUp

Start = Callable[[], Agent]
SHORT = Sampling(WarmUp(floor_samples=5, floor_s=0.0, until_steady=False), max_s=1.0, least_s=1.0)


def order(folder: Path, declared: Dict[str, Any], **changes: Any) -> Order:
    values: Dict[str, Any] = {"sampling": SHORT, "holder": "the test", **changes}
    return Order(Task.MEASURE, a_fake_job(), a_fake(folder, **declared), **values)


def the_process(events: List[Event]) -> Process:
    assert events[-1]["event"] == "done", events[-1]
    return restore(Process, events[-1]["process"])


def latencies_s(events: List[Event]) -> List[float]:
    return [latency for event in events if event["event"] == "samples" for latency in event["latencies_s"]]


def measured(start: Start, asked: Order) -> List[Event]:
    agent = start()
    agent.ask(asked)
    return agent.hear_all()


def test_it_greets_with_the_protocol_and_the_digest_of_its_bundle(start: Start, archive: Path) -> None:
    agent = start()

    assert agent.hear() == hello(archive.stem.rpartition("-")[2])


def test_it_describes_the_machine_and_every_runtime(start: Start) -> None:
    agent = start()
    agent.ask(Order(Task.DESCRIBE))
    (done,) = agent.hear_all()

    assert done["host"]["cores"] == len(os.sched_getaffinity(0))
    assert {runtime["name"] for runtime in done["runtimes"]} == set(RUNTIMES)


def test_samples_come_in_order_and_the_record_comes_last(start: Start, tmp_path: Path) -> None:
    events = measured(start, order(tmp_path, {"latency_ms": [20, 30], "load_s": 1.5}))

    seen = latencies_s(events)
    process = the_process(events)
    assert seen[:4] == [0.02, 0.03, 0.02, 0.03]
    assert [event["event"] for event in events[:3]] == ["loading", "warming", "samples"]
    assert (process.ended, process.load_s, process.precision) == (Ended.DURATION, 1.5, "fp32")
    assert process.peak_memory_bytes is not None
    assert process.peak_memory_bytes > 5 << 20


def test_a_clear_miss_ends_the_process_soon_after_it_is_known(start: Start, tmp_path: Path) -> None:
    sampling = Sampling(SHORT.warm_up, (Threshold(0.010, 0.01),), Rule())
    events = measured(start, order(tmp_path, {"latency_ms": 200}, sampling=sampling))

    assert the_process(events).ended is Ended.DECIDED


@pytest.mark.parametrize(
    ("crash", "ended"),
    [
        ({"after": 20, "how": "raise"}, Ended.CRASHED),
        ({"after": 20, "how": "exit"}, Ended.CRASHED),
        ({"after": 20, "how": "kill"}, Ended.KILLED),
        ({"after": 20, "how": "memory"}, Ended.OUT_OF_MEMORY),
    ],
)
def test_a_crash_keeps_every_finished_sample(start: Start, tmp_path: Path, crash: Dict[str, Any], ended: Ended) -> None:
    events = measured(start, order(tmp_path, {"latency_ms": 10, "crash": crash}))

    assert len(latencies_s(events)) == 20
    assert the_process(events).ended is ended


def test_a_process_that_hangs_is_ended_by_the_watchdog(start: Start, tmp_path: Path) -> None:
    dogs = Watchdogs(sample_s=0.5, sample_medians=1.0)
    events = measured(start, order(tmp_path, {"latency_ms": 1, "hang": {"after": 20}}, watchdogs=dogs))

    assert the_process(events).ended is Ended.HUNG
    assert len(latencies_s(events)) == 20


def test_a_first_inference_that_hangs_has_a_watchdog_of_its_own(start: Start, tmp_path: Path) -> None:
    dogs = Watchdogs(first_inference_s=0.5)
    process = the_process(measured(start, order(tmp_path, {"hang": {"after": 0}}, watchdogs=dogs)))

    assert process.ended is Ended.HUNG
    assert "first inference" in (process.message or "")


def test_what_the_measured_process_prints_on_fd_1_is_not_the_protocol(start: Start, tmp_path: Path) -> None:
    events = measured(start, order(tmp_path, {"latency_ms": 10, "garbage": '{"event": "done"}'}))

    assert the_process(events).ended is Ended.DURATION


def test_outputs_that_are_not_numbers_are_refused(start: Start, tmp_path: Path) -> None:
    last = measured(start, order(tmp_path, {"nan": True}))[-1]

    assert (last["event"], last["cause"]) == ("error", "refused")


@pytest.mark.parametrize(
    ("how", "cause"), [("raise", "crashed"), ("exit", "crashed"), ("kill", "killed"), ("memory", "out of memory")]
)
def test_a_process_that_ends_before_its_outputs_is_told_of_in_words(
    start: Start, tmp_path: Path, how: str, cause: str
) -> None:
    asked = Order(
        Task.OUTPUTS, a_fake_job(), a_fake(tmp_path, crash={"after": 0, "how": how}), outputs_to=str(tmp_path)
    )
    agent = start()
    agent.ask(asked)
    last = agent.hear_all()[-1]

    assert (last["event"], last["cause"]) == ("error", cause)
    assert last["message"].startswith("fake ")
    assert agent.stderr() == ""


def test_a_declared_time_knows_no_slow_machine(start: Start, tmp_path: Path) -> None:
    process = the_process(measured(start, order(tmp_path, {"latency_ms": 10, "nap_s": 0.01})))

    assert (process.canary_before, process.canary_after, process.strain) == (None, None, None)


@pytest.mark.slow
def test_a_full_sample_file_ends_the_process_with_all_it_holds(start: Start, tmp_path: Path) -> None:
    never = Sampling(SHORT.warm_up, max_s=float("inf"), least_s=float("inf"))
    events = measured(start, order(tmp_path, {"latency_ms": 0.001, "nap_s": 0}, sampling=never))

    assert len(latencies_s(events)) == CAPACITY
    assert the_process(events).ended is Ended.CAPACITY


def test_closing_stdin_ends_agent_and_measured_process(start: Start, tmp_path: Path) -> None:
    agent = start()
    agent.ask(order(tmp_path, {"latency_ms": 5, "real": True}, sampling=Sampling(max_s=600.0, least_s=600.0)))
    while agent.hear().get("event") != "samples":
        pass
    children = children_of(agent.process.pid)
    assert children

    assert agent.process.stdin
    agent.process.stdin.close()
    agent.process.wait(5)

    assert gone_within(children, 2.0)


def test_killing_the_supervisor_ends_the_measured_process(start: Start, tmp_path: Path) -> None:
    agent = start()
    agent.ask(order(tmp_path, {"latency_ms": 5, "real": True}, sampling=Sampling(max_s=600.0, least_s=600.0)))
    while agent.hear().get("event") != "samples":
        pass
    children = children_of(agent.process.pid)
    assert children

    agent.process.send_signal(signal.SIGKILL)

    assert gone_within(children, 3.0)


def test_the_second_waits_for_the_first_and_says_for_whom(start: Start, tmp_path: Path) -> None:
    first, second = start(), start()
    first.ask(order(tmp_path, {"latency_ms": 5, "real": True}, sampling=Sampling(max_s=600.0, least_s=600.0)))
    while first.hear().get("event") != "samples":
        pass
    second.ask(order(tmp_path, {"latency_ms": 10}, holder="another"))
    second.hear()
    waiting = second.hear()
    assert first.process.stdin
    first.process.stdin.close()
    first.process.wait(5)
    events = second.hear_all()

    assert (waiting["event"], waiting["holder"]) == ("waiting", "the test")
    assert 0 <= waiting["held_s"] < 60
    assert events[-1]["event"] == "done"


def test_waiting_ends_at_the_lock_timeout(start: Start, tmp_path: Path) -> None:
    first, second = start(), start()
    first.ask(order(tmp_path, {"latency_ms": 5, "real": True}, sampling=Sampling(max_s=600.0, least_s=600.0)))
    while first.hear().get("event") != "samples":
        pass
    second.ask(order(tmp_path, {"latency_ms": 10}, lock_timeout_s=0.3))
    last = second.hear_all()[-1]

    assert (last["event"], last["cause"]) == ("error", "lock")
    assert "the test" in last["message"]


def test_another_protocol_is_refused_in_words(start: Start) -> None:
    agent = start()
    agent.greeting = {"protocol": 99, "agent": "from the future"}
    agent.ask(Order(Task.DESCRIBE))
    (error,) = agent.hear_all()

    assert (error["event"], error["cause"]) == ("error", "protocol")


def children_of(pid: int) -> List[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone_within(pids: List[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(is_alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
