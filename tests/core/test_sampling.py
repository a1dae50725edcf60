"""One process: warm-up, then samples until every limit is decided or time is up."""

import pytest
from builders import latencies

from edgeprof.core.sampling import Phase, Sampling, SamplingWatch
from edgeprof.core.stats.sequential import Outcome, Rule, Threshold, decide
from edgeprof.core.stats.steady import WarmUp

P99 = Threshold(0.033, 0.01)
P50 = Threshold(0.0205, 0.5)
SHORT = WarmUp(20, 0.0, until_steady=False)


def fed(watch, samples):
    for count, latency_s in enumerate(samples, 1):
        if watch.feed(latency_s) is Phase.FINISHED:
            return count
    return None


def test_warm_up_samples_are_never_counted():
    watch = SamplingWatch(Sampling(SHORT, (P99,), Rule()))
    fed(watch, [5.0] * 19 + [0.02] * 1)
    assert (watch.phase, watch.warmup_count, watch.sample_count) == (Phase.SAMPLING, 20, 0)
    fed(watch, [0.02] * 745)
    assert (watch.phase, watch.sample_count) == (Phase.FINISHED, 745)
    assert watch.tests[0].outcome is Outcome.PASS
    assert watch.tests[0].decision().over == 0


def test_sampling_goes_on_until_every_limit_is_decided():
    watch = SamplingWatch(Sampling(SHORT, (P99, P50), Rule()))
    assert fed(watch, [0.02] * 5000) == 20 + 745
    assert [test.outcome for test in watch.tests] == [Outcome.PASS, Outcome.PASS]
    assert watch.tests[1].decision().last < 745


def test_one_fail_ends_the_process():
    watch = SamplingWatch(Sampling(SHORT, (P99, Threshold(0.001, 0.01)), Rule()))
    assert fed(watch, [0.02] * 5000) == 20 + 50  # a second of them, for the first look
    assert [test.outcome for test in watch.tests] == [None, Outcome.FAIL]


def test_the_time_allowed_ends_the_process_undecided():
    watch = SamplingWatch(Sampling(SHORT, (P99,), Rule(), max_s=5.0))
    count = fed(watch, [0.02] * 5000)
    assert count in (20 + 250, 20 + 251)
    assert not watch.tests[0].decision().decided


def test_a_budget_without_percentiles_is_sampled_for_its_least_time():
    watch = SamplingWatch(Sampling(SHORT, least_s=10.0))
    assert fed(watch, [0.5] * 100) == 20 + 20


def test_a_measurement_of_fixed_length_takes_exactly_so_many():
    watch = SamplingWatch(Sampling(SHORT, samples=37, max_s=1.0))
    assert fed(watch, [0.5] * 100) == 20 + 37


def test_what_more_is_needed_is_what_the_slowest_limit_needs():
    watch = SamplingWatch(Sampling(SHORT, (P50, P99), Rule()))
    fed(watch, [0.02] * 120)
    assert watch.more_samples_needed() == 645


def test_a_warm_up_of_fixed_length_says_nothing_of_steadiness():
    watch = SamplingWatch(Sampling(SHORT, (P99,), Rule()))
    fed(watch, [0.02] * 100)
    assert (watch.phase, watch.steady) == (Phase.SAMPLING, None)


def test_steadiness_is_handed_on():
    endless = [0.05 * 1.02**i for i in range(400)]
    watch = SamplingWatch(Sampling(WarmUp(), (P99,), Rule()))
    fed(watch, endless)
    assert watch.steady is False


@pytest.mark.parametrize("spread", [0.01, 0.2, 0.25, 0.4])
@pytest.mark.parametrize("seed", range(5))
def test_replaying_the_samples_gives_the_live_decision(spread, seed):
    seen = latencies(4000, 0.02, spread, seed)
    watch = SamplingWatch(Sampling(WarmUp(), (P99, P50), Rule(), max_s=60.0))
    count = fed(watch, seen)
    sampled = seen[watch.warmup_count : count]
    assert len(sampled) == watch.sample_count
    assert [decide(sampled, test.threshold, Rule()) for test in watch.tests] == [
        test.decision() for test in watch.tests
    ]
