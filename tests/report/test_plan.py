"""What is said of a plan and of the device's own clock."""

from __future__ import annotations

from builders import MIB, a_process

from edgeprof.core.measurement import Process, Segments
from edgeprof.report.plan import plan_facts

PARTS = {"h2d": 0.001, "compute": 0.0175, "d2h": 0.0005}


def on_a_card(digest: str = "ab" * 32, middle_s: float = 0.02) -> Process:
    return a_process(
        samples_s=(middle_s,) * 100,
        plan_digest=digest,
        plan_bytes=25 * MIB,
        device_bytes=150 * MIB,
        segments=Segments(50, 0.02, PARTS, 0.001),
    )


def test_of_a_runtime_that_compiles_nothing_nothing_is_said() -> None:
    assert list(plan_facts([a_process(), a_process()])) == []


def test_the_plan_is_named_once_and_each_process_has_its_times() -> None:
    facts = list(plan_facts([on_a_card(), on_a_card()]))

    assert facts[0] == ("plan", "25 MiB, abababababab")
    assert facts[1][0] == "plan takes"
    assert facts[1][1].startswith("150 MiB on the device")
    assert [key for key, _ in facts[2:]] == ["device time", "device time"]


def test_the_parts_and_what_lies_beside_them_make_the_hosts_time() -> None:
    (*_, (_, words)) = plan_facts([on_a_card()])

    assert words == (
        "process 1: copy in 1 ms, compute 17.5 ms, copy out 0.5 ms; 20 ms by the host's clock, 1 ms of it beside them "
        "(medians of 50 inferences after the samples)"
    )


def test_builds_that_took_turns_are_told_apart() -> None:
    other = "cd" * 32
    facts = plan_facts([on_a_card(), on_a_card(other, 0.022), on_a_card()])
    (told,) = [words for key, words in facts if key == "builds"]

    assert told == "medians of 2 builds: abababababab 20 ms, cdcdcdcdcdcd 22 ms"
