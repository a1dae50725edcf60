"""One limit ruled on."""

from dataclasses import replace

import pytest
from builders import MIB, a_job, a_measurement, a_process, a_telemetry, latencies

from edgeprof.core.budget import budget_of
from edgeprof.core.measurement import Ended, Plan
from edgeprof.core.ruling import Distance, Reason, energy_a_frame_j, fps, rule_on
from edgeprof.core.stats.sequential import Outcome

GOOD = a_process(latencies(800, 0.02))
OVER = a_process(latencies(800, 0.05))
SHORT = a_process(latencies(100, 0.02))


def ruled(measurement, key, value):
    budget = budget_of({key: value})
    return rule_on(budget.limits[0], measurement, measurement.plan.rule(len(budget.sequential)))


def planned(count, *processes):
    return a_measurement(*processes, plan=Plan(count))


def test_every_process_has_to_pass():
    ruling = ruled(a_measurement(GOOD, GOOD, GOOD), "p99_ms", 30)
    assert (ruling.outcome, ruling.reason, ruling.distance) == (Outcome.PASS, None, None)
    assert ruling.lower is None or ruling.lower <= ruling.observed
    assert ruling.observed <= ruling.upper <= 0.03
    assert ruling.margin == pytest.approx(1 - ruling.observed / 0.03)


def test_processes_are_never_pooled():
    ruling = ruled(a_measurement(GOOD, GOOD, OVER), "p99_ms", 30)
    assert ruling.outcome is Outcome.FAIL
    assert ruling.observed > 0.03
    assert ruling.lower > 0.03
    assert ruling.margin < 0


def test_one_fail_is_a_fail_before_all_processes_ran():
    assert ruled(planned(3, OVER), "p99_ms", 30).outcome is Outcome.FAIL


def test_fewer_processes_than_planned_are_inconclusive():
    ruling = ruled(planned(3, GOOD, GOOD), "p99_ms", 30)
    assert (ruling.outcome, ruling.reason) == (Outcome.INCONCLUSIVE, Reason.TOO_FEW_PROCESSES)


def test_too_few_samples_are_inconclusive():
    whole = replace(SHORT, ended=Ended.DURATION)
    cut = replace(SHORT, ended=Ended.CRASHED)
    assert ruled(a_measurement(GOOD, GOOD, whole), "p99_ms", 30).reason is Reason.UNDECIDED
    assert ruled(a_measurement(GOOD, GOOD, cut), "p99_ms", 30).reason is Reason.TOO_SHORT
    assert ruled(a_measurement(GOOD, GOOD, a_process(())), "p99_ms", 30).reason is Reason.TOO_SHORT


def test_no_samples_at_all_leave_nothing_observed():
    ruling = ruled(a_measurement(a_process(())), "p99_ms", 30)
    assert (ruling.outcome, ruling.observed, ruling.margin) == (Outcome.INCONCLUSIVE, None, None)


def test_a_process_that_never_became_steady_is_never_a_pass():
    ruling = ruled(a_measurement(GOOD, GOOD, replace(GOOD, steady=False)), "p99_ms", 30)
    assert (ruling.outcome, ruling.reason) == (Outcome.INCONCLUSIVE, Reason.NEVER_STEADY)
    assert ruled(a_measurement(replace(OVER, steady=False)), "p99_ms", 30).outcome is Outcome.FAIL


def test_a_process_that_drifts_is_inconclusive():
    climbing = a_process([0.02 * 1.0005**i for i in range(1500)])
    ruling = ruled(a_measurement(climbing, climbing, climbing), "p99_ms", 36)
    assert (ruling.outcome, ruling.reason) == (Outcome.INCONCLUSIVE, Reason.DRIFTING)


@pytest.mark.parametrize(("limit_ms", "distance"), [(45, Distance.NEAR), (40, Distance.FAR), (5, Distance.FAR)])
def test_a_fail_is_far_if_it_is_a_fail_at_a_limit_a_fifth_higher(limit_ms, distance):
    assert ruled(a_measurement(OVER, OVER, OVER), "p99_ms", limit_ms).distance is distance


def test_the_fail_level_is_shared_by_the_percentiles():
    """Four windows of five hit are a FAIL for one limit of one of three processes, and not for one of two limits."""
    samples = [0.05 if i in (10, 20, 30, 40) else 0.02 for i in range(50)]
    measurement = planned(3, a_process([10 * x for x in samples]))
    limit = budget_of({"p99_ms": 300}).limits[0]
    assert rule_on(limit, measurement, measurement.plan.rule(1)).outcome is Outcome.FAIL
    assert rule_on(limit, measurement, measurement.plan.rule(2)).outcome is Outcome.INCONCLUSIVE


def test_the_interval_is_the_worst_processes():
    worse = a_process(latencies(800, 0.025))
    ruling = ruled(a_measurement(GOOD, worse, GOOD), "p99_ms", 40)
    assert ruling.observed == max(p.observed for p in ruling.processes)
    assert ruling.upper == ruling.processes[1].upper


SLOW = a_process([0.05] * 100)  # 20 frames a second
FAST = a_process([0.02] * 100)  # 50


@pytest.mark.parametrize(
    ("processes", "outcome", "reason"),
    [
        ((FAST, FAST, FAST), Outcome.PASS, None),
        ((SLOW, SLOW, SLOW), Outcome.FAIL, None),
        ((FAST, SLOW, FAST), Outcome.INCONCLUSIVE, Reason.MIXED),
        ((FAST, FAST), Outcome.INCONCLUSIVE, Reason.TOO_FEW_PROCESSES),
        ((SLOW,), Outcome.INCONCLUSIVE, Reason.TOO_FEW_PROCESSES),
        ((a_process(()),), Outcome.INCONCLUSIVE, Reason.NOT_MEASURED),
    ],
)
def test_fps_passes_when_every_process_meets_it_and_fails_when_none_does(processes, outcome, reason):
    ruling = ruled(planned(3, *processes), "fps", 30)
    assert (ruling.outcome, ruling.reason) == (outcome, reason)


def test_the_worst_fps_is_the_lowest_and_says_how_far():
    ruling = ruled(a_measurement(SLOW, a_process([0.04] * 10)), "fps", 28)
    assert ruling.observed == pytest.approx(20)
    assert ruling.distance is Distance.FAR
    assert ruled(a_measurement(SLOW), "fps", 23.9).distance is Distance.NEAR
    assert ruling.margin == pytest.approx(20 / 28 - 1)


def test_fps_counts_every_frame_of_a_batch():
    assert fps(a_process([0.02] * 10), batch=4) == pytest.approx(200)
    assert fps(a_process(()), batch=4) is None


def test_load_time_is_one_value_a_process():
    assert ruled(a_measurement(GOOD, GOOD), "load_s", 0.4).outcome is Outcome.PASS
    assert ruled(a_measurement(GOOD, replace(GOOD, load_s=9.0)), "load_s", 1).reason is Reason.MIXED


def test_the_highest_process_decides_on_memory():
    hungry = replace(GOOD, peak_memory_bytes=300 * MIB)
    assert ruled(a_measurement(GOOD, hungry), "memory_mib", 300).outcome is Outcome.PASS
    failed = ruled(planned(3, GOOD, hungry), "memory_mib", 299)
    assert (failed.outcome, failed.observed, failed.distance) == (Outcome.FAIL, 300 * MIB, Distance.NEAR)
    assert ruled(a_measurement(hungry), "memory_mib", 240).distance is Distance.FAR


def test_memory_is_not_passed_before_every_process_has_told_its_peak():
    untold = replace(GOOD, peak_memory_bytes=None)
    assert ruled(planned(3, GOOD, GOOD), "memory_mib", 300).reason is Reason.TOO_FEW_PROCESSES
    assert ruled(a_measurement(GOOD, untold), "memory_mib", 300).outcome is Outcome.INCONCLUSIVE
    assert ruled(a_measurement(untold), "memory_mib", 300).reason is Reason.NOT_MEASURED


def test_a_shared_memory_whose_gpus_part_nobody_knows_is_never_a_pass():
    card = replace(GOOD, peak_memory_bytes=None, memory_scope="device")
    assert ruled(a_measurement(card), "memory_mib", 1e6).reason is Reason.NO_GPU_MEMORY
    untold = replace(GOOD, peak_memory_bytes=None, memory_scope="unified")
    known = replace(GOOD, memory_scope="unified", memory_method="nvmap + VmHWM")
    for processes in ((untold,), (known, untold, known)):
        ruling = ruled(a_measurement(*processes), "memory_mib", 1e6)
        assert (ruling.outcome, ruling.reason) == (Outcome.INCONCLUSIVE, Reason.NO_GPU_MEMORY)
    assert ruled(a_measurement(known, untold), "memory_mib", 100).outcome is Outcome.FAIL


def test_out_of_memory_under_a_memory_limit_does_not_fit():
    dead = a_process((), ended=Ended.OUT_OF_MEMORY, peak_memory_bytes=None)
    ruling = ruled(planned(3, dead), "memory_mib", 300)
    assert (ruling.outcome, ruling.reason, ruling.distance) == (Outcome.FAIL, Reason.DOES_NOT_FIT, Distance.FAR)


def test_the_size_is_exact():
    assert ruled(planned(3, GOOD), "size_mib", 21).outcome is Outcome.PASS
    assert ruled(planned(3, GOOD), "size_mib", 20).outcome is Outcome.FAIL


def test_a_miss_that_looks_large_and_is_not_shown_to_be_is_neither_near_nor_far():
    samples = [0.1 if i % 66 == 65 else 0.033 if i % 5 == 0 else 0.02 for i in range(800)]
    ruling = ruled(planned(1, a_process(samples)), "p99_ms", 30)
    assert (ruling.outcome, ruling.observed, ruling.distance) == (Outcome.FAIL, 0.1, None)


def test_a_stricter_limit_than_the_one_that_was_decided_needs_more_samples_and_says_so():
    ended_early = replace(SHORT, ended=Ended.DECIDED)
    assert ruled(a_measurement(GOOD, GOOD, ended_early), "p99_ms", 30).reason is Reason.TOO_FEW_SAMPLES


def drawing(power_w, **changes):
    return replace(GOOD, telemetry=a_telemetry(power_w), **changes)


def test_the_process_that_draws_most_decides_on_power():
    assert ruled(a_measurement(drawing(9.0), drawing(10.0)), "power_w", 10.0).outcome is Outcome.PASS
    failed = ruled(planned(3, drawing(9.0), drawing(10.0)), "power_w", 9.5)
    assert (failed.outcome, failed.distance) == (Outcome.FAIL, Distance.NEAR)
    assert failed.observed == pytest.approx(10.0)
    assert ruled(a_measurement(drawing(13.0)), "power_w", 10.0).distance is Distance.FAR


@pytest.mark.parametrize("key", ["power_w", "energy_mj"])
def test_a_process_whose_power_was_not_read_is_never_a_pass(key):
    for unread in (GOOD, replace(GOOD, telemetry=a_telemetry(series={})), replace(GOOD, telemetry=a_telemetry(0.0))):
        ruling = ruled(a_measurement(drawing(1.0), unread, drawing(1.0)), key, 1e9)
        assert (ruling.outcome, ruling.reason) == (Outcome.INCONCLUSIVE, Reason.NO_POWER)
        assert ruled(a_measurement(unread), key, 1e9).reason is Reason.NO_POWER
    assert ruled(a_measurement(drawing(99.0), GOOD), "power_w", 10.0).outcome is Outcome.FAIL


def test_fewer_processes_than_planned_do_not_pass_on_power():
    assert ruled(planned(3, drawing(1.0), drawing(1.0)), "power_w", 10.0).reason is Reason.TOO_FEW_PROCESSES


def test_energy_is_counted_for_each_frame_of_a_batch():
    process = a_process([0.02] * 100, telemetry=a_telemetry(10.0))
    assert energy_a_frame_j(process, batch=1) == pytest.approx(0.2)
    assert energy_a_frame_j(process, batch=4) == pytest.approx(0.05)
    assert energy_a_frame_j(a_process((), telemetry=a_telemetry()), batch=1) is None
    assert energy_a_frame_j(a_process([0.02]), batch=1) is None
    ruling = ruled(a_measurement(process, job=a_job(batch=4)), "energy_mj", 50.1)
    assert (ruling.outcome, ruling.observed) == (Outcome.PASS, pytest.approx(0.05))
    assert ruled(a_measurement(process), "energy_mj", 199).outcome is Outcome.FAIL


def test_running_out_of_memory_says_nothing_of_the_power():
    dead = a_process((), ended=Ended.OUT_OF_MEMORY)
    assert ruled(a_measurement(dead), "power_w", 10.0).reason is Reason.NO_POWER
