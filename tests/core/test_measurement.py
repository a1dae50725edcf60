"""What a plan asks of each process."""

import pytest
from builders import a_measurement, a_process

from edgeprof.core.measurement import Ended, Plan
from edgeprof.core.stats.sequential import Rule, Threshold


@pytest.mark.parametrize(("processes", "floor"), [(1, 5), (2, 3), (3, 2), (5, 2), (10, 2)])
def test_fewer_processes_assume_longer_bursts(processes, floor):
    assert Plan(processes).rule(1).burst_floor == floor


def test_the_fail_level_is_shared_by_processes_and_percentiles():
    assert Plan(3).rule(1) == Rule(0.05, 0.05 / 3, 2, 10.0, 5.0)
    assert Plan(3).rule(2).alpha_fail == pytest.approx(0.05 / 6)
    assert Plan(5).rule(1).alpha_fail == pytest.approx(0.01)
    assert Plan(3).rule(0) == Plan(3).rule(1)
    assert Plan(3).rule(4).alpha_pass == 0.05


def test_quick_assumes_independent_samples_and_does_not_wait_ten_seconds():
    rule = Plan(1, quick=True).rule(1)
    assert (rule.burst_floor, rule.pass_s, rule.fail_s) == (1, 0.0, 5.0)


def test_each_process_gets_its_share_of_the_time():
    sampling = Plan(3, max_duration_s=300.0).sampling((Threshold(0.03, 0.01),))
    assert sampling.max_s == 100.0
    assert sampling.least_s == 10.0
    assert Plan(3, max_duration_s=6.0).sampling(()).least_s == 2.0


def test_a_fixed_length_decides_nothing():
    by_time = Plan(1, duration_s=30.0).sampling((Threshold(0.03, 0.01),))
    assert (by_time.max_s, by_time.thresholds) == (30.0, ())
    assert Plan(1, samples=500).sampling(()).samples == 500


def test_an_ending_that_was_meant_is_whole():
    whole = {ended for ended in Ended if ended.is_whole}
    assert whole == {Ended.DECIDED, Ended.DURATION, Ended.SAMPLES, Ended.CAPACITY, Ended.NOT_KNOWN}


def test_a_process_is_added_to_a_new_measurement():
    one = a_measurement(a_process())
    two = one.with_process(a_process(load_s=0.7))
    assert [p.load_s for p in two.processes] == [0.4, 0.7]
    assert len(one.processes) == 1
