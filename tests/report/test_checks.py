from builders import a_process, latencies

from edgeprof.core.budget import budget_of
from edgeprof.core.measurement import Plan
from edgeprof.report.checks import checks_of

from . import scenes


def test_a_pass_has_both_bounds_and_no_notes() -> None:
    check = checks_of(scenes.a_pass())[0]

    assert check.interval == "20.89 to 21.36"
    assert check.notes == ()


def test_an_unknown_upper_bound_says_how_many_samples_it_takes() -> None:
    check = checks_of(scenes.a_far_fail())[0]

    assert check.interval == "109.1 or more"
    assert check.notes == ("unbounded above: p99 needs at least 745 samples, 10 counted",)


def test_the_samples_an_upper_bound_takes_depend_on_the_percentile() -> None:
    answer = scenes.judged(scenes.a_check(a_process(latencies(20, 0.11)), plan=Plan()), budget_of({"p95_ms": 33.3}))

    assert "p95 needs at least 146 samples, 10 counted" in checks_of(answer)[0].notes[0]


def test_too_little_time_is_named_where_the_samples_are_enough() -> None:
    processes = [a_process(latencies(3000, 0.002)) for _ in range(3)]
    check = checks_of(scenes.judged(scenes.a_check(*processes)))[0]

    assert check.notes[-1] == "unbounded above: p99 needs at least 10 s of samples, 6 s counted"


def test_an_undecided_limit_says_which_process_had_how_many_over() -> None:
    assert "process 3 had 7 of 1500 samples over the limit" in checks_of(scenes.an_undecided())[0].notes[0]


def test_metrics_of_one_number_a_process_have_no_interval() -> None:
    assert [check.interval for check in checks_of(scenes.with_memory())[2:]] == ["", "", ""]
