"""Findings, and where each begins."""

from dataclasses import replace

import pytest
from builders import a_measurement, a_process

from edgeprof.core.measurement import Canary, Ended, Strain
from edgeprof.core.validity import ALLOWABLE, Direction, findings_of


def found(**changes):
    return [(f.name, f.direction) for f in findings_of(a_measurement(a_process(**changes)))]


def test_a_quiet_machine_has_nothing_to_say():
    strain = Strain(10.0, foreign_share=0.15, steal_share=0.05, throttled_share=0.01, swapped_bytes=1 << 20)
    canary = Canary((1e-8, 1.25e-8), 9e-8)
    assert found(strain=strain, canary_before=Canary((1e-8, 1e-8), 3.1e-8), canary_after=canary) == []


@pytest.mark.parametrize(
    ("strain", "name"),
    [
        (Strain(10.0, foreign_share=0.16), "foreign-load"),
        (Strain(10.0, steal_share=0.06), "steal"),
        (Strain(10.0, throttled_share=0.02), "cgroup-throttling"),
        (Strain(10.0, swapped_bytes=(1 << 20) + 1), "swap"),
    ],
)
def test_each_strain_slows_and_can_be_allowed(strain, name):
    assert found(strain=strain) == [(name, Direction.SLOWS)]
    assert name in ALLOWABLE


@pytest.mark.parametrize("after", [Canary((1e-8, 1.26e-8), 9e-8), Canary((1e-8, 1e-8), 28e-8)], ids=["loop", "trip"])
def test_a_canary_is_held_against_the_best_of_the_same_check(after):
    calm = a_process(canary_before=Canary((1e-8, 1e-8), 9e-8), canary_after=None)
    findings = findings_of(a_measurement(calm, replace(calm, canary_before=after, canary_after=after)))
    assert [(f.name, f.message.split(":")[0]) for f in findings] == [("canary", "process 2")]


def test_a_single_core_has_no_round_trip_to_compare():
    assert found(canary_before=Canary((1e-8,), None), canary_after=Canary((1e-8,), None)) == []


@pytest.mark.parametrize("silent", [Canary((), None), Canary((0.0, 0.0), 0.0)])
def test_a_canary_that_found_nothing_says_nothing(silent):
    assert found(canary_before=silent, canary_after=Canary((1e-8, 1e-8), 9e-8)) == []
    assert found(canary_before=silent, canary_after=silent) == []


@pytest.mark.parametrize("ended", [e for e in Ended if not e.is_whole])
def test_an_ending_that_was_not_meant_changes_the_question(ended):
    findings = findings_of(a_measurement(a_process(ended=ended, message="said so")))
    assert [f.direction for f in findings] == [Direction.CHANGES]
    assert "said so" in findings[0].message


def test_another_precision_names_both():
    (finding,) = findings_of(a_measurement(a_process(precision="bf16")))
    assert finding.direction is Direction.CHANGES
    assert "bf16" in finding.message
    assert "fp32" in finding.message
    assert found(precision=None) == []


def test_unlocked_clocks_vary():
    (finding,) = findings_of(a_measurement(host={"governor": "schedutil"}))
    assert finding.direction is Direction.VARIES
    assert findings_of(a_measurement(host={})) == ()
