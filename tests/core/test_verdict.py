"""All limits together: the word, the exit code, and what the verdict covers."""

from dataclasses import replace

import pytest
from builders import a_job, a_measurement, a_process, a_telemetry, latencies
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprof.core.budget import CAMERA_30_FPS, budget_of
from edgeprof.core.exits import Exit
from edgeprof.core.measurement import Canary, Ended, Plan, Strain
from edgeprof.core.ruling import Distance
from edgeprof.core.verdict import Word, judge

GOOD = a_process(latencies(800, 0.02))
OVER = a_process(latencies(800, 0.05))
BUSY = Strain(10.0, foreign_share=0.5)
P99 = budget_of({"p99_ms": 30})


def test_every_limit_has_to_pass():
    verdict = judge(a_measurement(GOOD, GOOD, GOOD), CAMERA_30_FPS)
    assert (verdict.word, verdict.exit, verdict.findings) == (Word.PASS, Exit.PASS, ())
    assert not verdict.is_final


def test_one_limit_missed_fails_the_budget():
    verdict = judge(a_measurement(GOOD, GOOD, GOOD), budget_of({"p99_ms": 30, "size_mib": 5}))
    assert (verdict.word, verdict.exit, verdict.distance) == (Word.FAIL, Exit.OVER_BUDGET, Distance.FAR)
    assert verdict.is_final


def test_one_limit_undecided_leaves_the_budget_undecided():
    verdict = judge(a_measurement(GOOD, GOOD, GOOD), budget_of({"p99_ms": 30, "p99.9_ms": 60}))
    assert (verdict.word, verdict.exit) == (Word.INCONCLUSIVE, Exit.INCONCLUSIVE)
    assert not verdict.is_final


@pytest.mark.parametrize(
    "budget", [P99, {"fps": 30}, {"load_s": 5}, {"memory_mib": 900}], ids=["p99", "fps", "load", "memory"]
)
def test_fewer_processes_than_planned_are_never_a_pass(budget):
    budget = budget_of(budget) if isinstance(budget, dict) else budget
    assert judge(a_measurement(GOOD, GOOD, plan=Plan(3)), budget).word is Word.INCONCLUSIVE
    assert judge(a_measurement(GOOD, GOOD, GOOD, plan=Plan(3)), budget).word is Word.PASS


def test_no_process_at_all_is_inconclusive():
    empty = replace(a_measurement(GOOD), processes=(), plan=Plan(3))
    assert judge(empty, CAMERA_30_FPS).word is Word.INCONCLUSIVE


@pytest.mark.parametrize("ended", [e for e in Ended if not e.is_whole])
@pytest.mark.parametrize("samples", [GOOD, OVER], ids=["good", "over"])
def test_a_process_that_did_not_end_well_leaves_no_verdict(ended, samples):
    verdict = judge(a_measurement(GOOD, replace(samples, ended=ended)), P99)
    assert (verdict.word, verdict.exit, verdict.is_final) == (Word.INVALID, Exit.ENVIRONMENT, True)


def test_out_of_memory_is_a_fail_only_under_a_memory_limit():
    dead = a_process((), ended=Ended.OUT_OF_MEMORY)
    assert judge(a_measurement(dead), P99).exit is Exit.ENVIRONMENT
    verdict = judge(a_measurement(dead), budget_of({"p99_ms": 30, "memory_mib": 500}))
    assert (verdict.word, verdict.distance) == (Word.FAIL, Distance.FAR)


@pytest.mark.parametrize("process", [GOOD, OVER], ids=["good", "over"])
def test_another_precision_answered_another_question(process):
    verdict = judge(a_measurement(process, job=a_job(precision="bf16")), P99)
    assert verdict.word is Word.INVALID


def test_a_slow_machine_takes_back_a_fail_and_leaves_a_pass():
    assert judge(a_measurement(replace(OVER, strain=BUSY)), P99).word is Word.INVALID
    passed = judge(a_measurement(*[replace(GOOD, strain=BUSY)] * 3), P99)
    assert passed.word is Word.PASS
    assert [finding.name for finding in passed.findings] == ["foreign-load"] * 3


def test_a_finding_that_is_allowed_leaves_the_fail():
    strained = a_measurement(replace(OVER, strain=replace(BUSY, steal_share=0.2)))
    assert judge(strained, P99, allowed=["foreign-load"]).word is Word.INVALID
    assert judge(strained, P99, allowed=["foreign-load", "steal"]).word is Word.FAIL


def test_a_slow_machine_does_not_excuse_what_it_cannot_cause():
    strained = a_measurement(replace(OVER, strain=BUSY))
    assert judge(strained, budget_of({"p99_ms": 30, "size_mib": 5})).word is Word.FAIL


def test_what_only_varies_changes_nothing():
    verdict = judge(a_measurement(GOOD, GOOD, GOOD, host={"governor": "powersave"}), P99)
    assert verdict.word is Word.PASS
    assert [finding.name for finding in verdict.findings] == ["clocks"]
    assert judge(a_measurement(OVER, host={"governor": "powersave"}), P99).word is Word.FAIL


def test_a_slow_canary_takes_back_a_fail():
    quick, slow = Canary((1e-8, 1e-8), 9e-8), Canary((1e-8, 1.3e-8), 9e-8)
    measurement = a_measurement(replace(OVER, canary_before=quick, canary_after=slow))
    assert judge(measurement, P99).word is Word.INVALID
    assert judge(measurement, P99, allowed=["canary"]).word is Word.FAIL


def test_a_gate_may_accept_what_it_names_and_nothing_else():
    near = judge(a_measurement(OVER), budget_of({"p99_ms": 45}))
    far = judge(a_measurement(OVER), P99)
    open_ended = judge(a_measurement(GOOD, plan=Plan(3)), P99)
    everything = frozenset({"inconclusive", "near"})
    assert [v.exit_accepting(everything) for v in (near, far, open_ended)] == [Exit.PASS, Exit.OVER_BUDGET, Exit.PASS]
    assert near.exit_accepting(frozenset({"inconclusive"})) is Exit.OVER_BUDGET
    assert open_ended.exit_accepting(frozenset({"near"})) is Exit.INCONCLUSIVE
    assert near.word is Word.FAIL


def test_the_coverage_says_what_was_run():
    bunched = list(latencies(1500, 0.02))
    bunched[100] = bunched[105] = bunched[110] = 0.2
    verdict = judge(a_measurement(GOOD, GOOD, a_process(bunched)), budget_of({"p99_ms": 30, "p50_ms": 25}))
    coverage = verdict.coverage
    assert (coverage.processes, coverage.planned, coverage.samples) == (3, 3, 3100)
    assert coverage.seconds == pytest.approx(62, rel=0.02)
    assert (coverage.burst_floor, coverage.longest_burst, coverage.bursts) == (2, 3, 1)
    assert coverage.burst_samples == pytest.approx(3100 / 300)
    assert coverage.burst_s == pytest.approx(coverage.seconds / 300)


def test_the_bursts_are_those_of_the_highest_percentile():
    verdict = judge(a_measurement(GOOD, GOOD, GOOD), budget_of({"p50_ms": 20.1, "p99_ms": 30}))
    assert verdict.coverage.bursts == 0


@pytest.mark.parametrize(("processes", "share"), [(3, 0.37), (5, 0.55), (10, 0.74)])
def test_fresh_processes_are_covered_only_so_far(processes, share):
    verdict = judge(a_measurement(*[GOOD] * processes), P99)
    assert verdict.coverage.fresh_share == pytest.approx(share, abs=0.005)


def test_processes_that_differ_much_warn_of_a_fresh_one():
    other = a_process(latencies(800, 0.025))
    assert judge(a_measurement(GOOD, GOOD, other), P99).fresh_may_miss
    assert not judge(a_measurement(GOOD, GOOD, other), budget_of({"p99_ms": 40})).fresh_may_miss
    assert not judge(a_measurement(GOOD, GOOD, GOOD), P99).fresh_may_miss


RANK = {Word.FAIL: 0, Word.INCONCLUSIVE: 1, Word.PASS: 2}


@settings(max_examples=50)
@given(
    seed=st.integers(0, 1000),
    raised=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 899), st.sampled_from([0.029, 0.031, 5.0])), max_size=9
    ),
)
def test_raising_a_latency_never_improves_the_verdict(seed, raised):
    """At equal drift: single latencies move no quarter's median of steady samples by as much as the 3 % floor."""
    samples = [list(latencies(900, 0.0285, 0.01, seed + i)) for i in range(3)]
    before = judge(a_measurement(*map(a_process, samples)), P99)
    for process, i, latency_s in raised:
        samples[process][i] = max(samples[process][i], latency_s)
    after = judge(a_measurement(*map(a_process, samples)), P99)
    assert not any(
        p.decision.drift and p.decision.drift.is_drift for v in (before, after) for p in v.rulings[0].processes
    )
    assert RANK[after.word] <= RANK[before.word]


def test_what_slows_a_machine_draws_power_too():
    """A FAIL on power beside foreign load may be the load's; one on memory cannot be."""
    process = replace(GOOD, telemetry=a_telemetry(12.0), strain=BUSY)
    power, both = {"p99_ms": 30, "power_w": 10}, {"power_w": 10, "memory_mib": 5}
    assert judge(a_measurement(process), budget_of(power)).word is Word.INVALID
    assert judge(a_measurement(process), budget_of(power), ["foreign-load"]).word is Word.FAIL
    assert judge(a_measurement(process), budget_of(both)).word is Word.FAIL
    assert judge(a_measurement(replace(process, strain=None)), budget_of(power)).word is Word.FAIL


def test_a_peak_that_is_all_programs_growth_may_be_the_others():
    busy = replace(GOOD, strain=BUSY, memory_scope="unified", memory_method="MemAvailable")
    memory = budget_of({"memory_mib": 100})
    assert judge(a_measurement(busy), memory).word is Word.INVALID
    assert judge(a_measurement(busy), memory, ["foreign-load"]).word is Word.FAIL
    assert judge(a_measurement(replace(busy, strain=None)), memory).word is Word.FAIL
    assert judge(a_measurement(busy), budget_of({"memory_mib": 100, "size_mib": 5})).word is Word.FAIL
    assert judge(a_measurement(busy), budget_of({"memory_mib": 300})).word is Word.PASS


def test_a_cards_growth_may_be_the_others_too_and_its_drivers_own_figure_may_not():
    grown = replace(GOOD, strain=BUSY, memory_scope="device", memory_method="NVML, all programs")
    memory = budget_of({"memory_mib": 100})
    assert judge(a_measurement(grown), memory).word is Word.INVALID
    assert judge(a_measurement(replace(grown, memory_method="NVML")), memory).word is Word.FAIL
    assert judge(a_measurement(grown), budget_of({"memory_mib": 300})).word is Word.PASS


def test_a_peak_that_is_the_processs_own_stays_a_fail_on_a_busy_machine():
    grown = replace(GOOD, strain=BUSY, memory_scope="unified", memory_method="MemAvailable")
    own = replace(grown, memory_method="nvmap + VmHWM")
    memory = budget_of({"memory_mib": 100})
    assert judge(a_measurement(own), memory).word is Word.FAIL
    assert judge(a_measurement(grown, own), memory).word is Word.FAIL
    assert judge(a_measurement(replace(GOOD, strain=BUSY, memory_method="VmHWM")), memory).word is Word.FAIL


def test_a_device_that_throttled_leaves_a_pass_and_takes_a_fail():
    hot = a_telemetry(counters={"oc3_event_count": 5})
    good, over = replace(GOOD, telemetry=hot), replace(OVER, telemetry=hot)
    assert judge(a_measurement(good, good, good), P99).word is Word.PASS
    assert judge(a_measurement(over), P99).exit is Exit.ENVIRONMENT
    assert judge(a_measurement(over), P99, ["over-current"]).word is Word.FAIL
