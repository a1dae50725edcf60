from dataclasses import replace

import pytest
from builders import a_job, a_process, latencies

from edgeprof.core.budget import budget_of
from edgeprof.core.measurement import Ended, Plan
from edgeprof.core.stats.sequential import Rule
from edgeprof.report.advice import next_steps, samples_to_pass_at

from . import scenes


def steps_of(answer) -> str:
    return "\n".join(next_steps(answer))


def a_miss(middle_s: float, **changes):
    return scenes.judged(scenes.a_check(a_process(latencies(40, middle_s)), plan=Plan(), **changes))


def test_a_pass_needs_no_advice() -> None:
    assert next_steps(scenes.a_pass()) == ()


def test_a_quick_pass_is_to_be_repeated_in_full() -> None:
    assert "run without --quick" in steps_of(scenes.a_quick_pass())


def test_a_near_miss_in_fp32_on_openvino_may_be_saved_by_bf16() -> None:
    assert "--precision auto" in steps_of(a_miss(0.036))


def test_bf16_is_not_advised_where_it_is_in_use_or_cannot_be_had() -> None:
    in_use = scenes.a_check().job
    for job in (replace(in_use, precision="bf16"), replace(in_use, runtime="onnxruntime")):
        assert "--precision" not in steps_of(a_miss(0.036, job=job))


def test_a_named_runtime_is_advised_to_race_and_a_raced_one_is_not() -> None:
    assert "--runtime auto" in steps_of(a_miss(0.036, race=()))
    assert "--runtime auto" not in steps_of(a_miss(0.036))


def test_a_smaller_resolution_is_named_that_the_pixels_say_would_fit() -> None:
    assert "--res 192x192" in steps_of(a_miss(0.036, job=a_job()))


def test_a_batch_is_advised_to_be_one() -> None:
    assert "--batch 1: a batch of 4" in steps_of(a_miss(0.036, job=a_job(batch=4)))
    assert "--batch" not in steps_of(a_miss(0.036))


def test_a_far_miss_is_the_wrong_model_and_the_other_candidates_are_named() -> None:
    text = steps_of(scenes.a_far_fail())

    assert "efficientnet_lite0, mobilenetv3_small" in text
    assert "mobilenetv3_large," not in text
    assert "--res" not in text


def test_a_far_miss_without_candidates_points_at_smaller_relatives() -> None:
    text = steps_of(a_miss(0.1))

    assert "it would have to be 3.1 times as fast" in text
    assert "edgeprof models 'mobilenetv3*'" in text


@pytest.mark.parametrize("model", ["models/det.onnx", "det.ONNX", "x.fake.json", "shop.models:detector"])
def test_a_file_or_a_factory_has_no_relatives(model) -> None:
    text = steps_of(a_miss(0.1, job=a_job(model=model)))

    assert "another model" in text
    assert "edgeprof models" not in text


def test_a_model_that_does_not_fit_is_to_be_made_smaller() -> None:
    assert "a smaller --res than 1920x1080" in steps_of(scenes.does_not_fit())


def test_an_undecided_check_is_told_how_long_it_would_take() -> None:
    answer = scenes.an_undecided()

    assert next_steps(answer)[0].startswith("--max-duration 740s")


@pytest.mark.parametrize(("rate", "least", "most"), [(0.0, 745, 760), (0.005, 13_000, 16_000), (0.002, 3_000, 4_500)])
def test_the_samples_a_pass_takes_follow_from_the_rate_of_slow_ones(rate: float, least: int, most: int) -> None:
    assert least <= samples_to_pass_at(rate, 0.01, Rule()) <= most


def test_a_rate_on_the_limit_is_never_told_to_run_longer() -> None:
    every_100th = tuple(0.05 if i % 100 == 99 else 0.02 for i in range(1500))
    processes = [a_process(every_100th, ended=Ended.DURATION) for _ in range(3)]

    assert "no longer run will pass it" in steps_of(scenes.judged(scenes.a_check(*processes)))


def test_processes_missing_are_to_be_run() -> None:
    assert "every planned process" in steps_of(scenes.judged(scenes.a_check(a_process(), plan=Plan())))


def test_a_metric_the_device_does_not_report_is_to_be_left_out() -> None:
    process = a_process(peak_memory_bytes=None)
    answer = scenes.judged(scenes.a_check(process, process, process), budget_of({"memory_mib": 100.0}))

    assert "leave memory_mib out" in steps_of(answer)


def test_drift_is_to_be_cooled_down() -> None:
    up_and_down = tuple(0.02 + 0.013 * (1 - abs(i % 1490 - 745) / 745) for i in range(3000))
    drifting = [a_process(up_and_down) for _ in range(3)]

    assert "cool down" in steps_of(scenes.judged(scenes.a_check(*drifting)))


def test_an_unsteady_warmup_is_to_be_quietened() -> None:
    process = a_process(steady=False)

    assert "end what else runs" in steps_of(scenes.judged(scenes.a_check(process, process, process)))


def test_mixed_processes_are_to_be_run_on_a_quiet_machine() -> None:
    processes = [a_process(load_s=load_s) for load_s in (0.4, 0.4, 1.2)]
    answer = scenes.judged(scenes.a_check(*processes), budget_of({"load_s": 1.0}))

    assert "processes that still differ" in steps_of(answer)


def test_a_slowed_machine_may_be_allowed_by_name() -> None:
    assert "--allow foreign-load --allow canary" in steps_of(scenes.an_invalid())


def test_a_crash_is_to_be_mended() -> None:
    crashed = a_process(ended=Ended.CRASHED, message="segmentation fault")

    assert "mend what is named above" in steps_of(scenes.judged(scenes.a_check(crashed, plan=Plan())))
