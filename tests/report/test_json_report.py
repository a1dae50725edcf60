import json
from dataclasses import replace
from math import inf

import pytest
from builders import a_process

from edgeprof.core.exits import Exit
from edgeprof.report import json_report

from . import scenes
from .goldens import assert_golden


def document(*answers):
    return json.loads(json_report.render(answers, "0.1.0"))


def test_the_document_reads_as_its_golden() -> None:
    assert_golden("report.json", json_report.render([scenes.a_far_fail(), scenes.a_refusal()], "0.1.0"))


def test_the_exit_code_is_the_worst_of_all_checks() -> None:
    assert document(scenes.a_pass(), scenes.a_far_fail(), scenes.an_undecided())["exit"] == Exit.OVER_BUDGET
    assert document()["exit"] == Exit.PASS


def test_a_limit_is_given_in_the_units_of_config_and_in_seconds_and_bytes() -> None:
    limits = {limit["key"]: limit for limit in document(scenes.with_memory())["checks"][0]["limits"]}

    assert limits["p99_ms"]["limit"] == pytest.approx(33.3)
    assert limits["p99_ms"]["si"]["limit"] == pytest.approx(0.0333)
    assert limits["p99_ms"]["observed"] == pytest.approx(limits["p99_ms"]["si"]["observed"] * 1e3)
    assert (limits["memory_mib"]["observed"], limits["memory_mib"]["si"]["observed"]) == (310, 310 << 20)
    assert (limits["fps"]["bound"], limits["p99_ms"]["bound"]) == ("min", "max")


def test_what_is_not_finite_is_null() -> None:
    measurement = scenes.a_check(parity=scenes.a_parity(relative_l2=inf, max_abs=float("nan"), finite=False))
    text = json_report.render([scenes.judged(measurement)], "0.1.0")
    parity = json.loads(text, parse_constant=pytest.fail)["checks"][0]["parity"]

    assert (parity["relative_l2"], parity["max_abs"], parity["tolerance"]) == (None, None, 1.2e-5)


def test_a_refusal_keeps_its_message_and_hint() -> None:
    check = document(scenes.a_refusal())["checks"][0]

    assert (check["kind"], check["exit"], check["word"]) == ("refused", 2, "NO VERDICT")
    assert check["message"] == 'unknown model "mobilenetv3_lagre"'
    assert check["hint"]


def test_an_accepted_failure_keeps_its_word() -> None:
    check = document(replace(scenes.a_near_fail(), exit=Exit.PASS))["checks"][0]

    assert (check["word"], check["exit"], check["distance"]) == ("FAIL", 0, "near")


def test_samples_are_left_to_the_saved_measurement() -> None:
    answer = scenes.a_pass()
    check = document(answer)["checks"][0]

    assert check["saved_at"] == answer.saved_at
    assert [process["samples"] for process in check["processes"]] == [800, 800, 800]
    assert len(json_report.render([answer], "0.1.0")) < 20_000


def test_figures_have_the_percentiles_asked_for_and_no_verdict() -> None:
    samples_s = tuple(i / 1000 for i in range(1, 1001))
    found = json.loads(json_report.render_figures(scenes.a_check(a_process(samples_s)), "0.1.0", (50.0, 99.9)))

    assert (found["processes"][0]["p50_s"], found["processes"][0]["p99.9_s"]) == (0.5, 0.999)
    assert "p99.9 has no 95 % upper bound below 2995 samples" in found["warnings"][0]
    assert "word" not in found
