"""Several models in one check, gates, retries and what a gate may let pass."""

from __future__ import annotations

import json

import pytest

QUICK = ("--quick", "--p99", "20")


@pytest.mark.slow
def test_all_models_are_checked_and_the_worst_code_wins(shell):
    names = {
        "good": {"latency_ms": 10},
        "over": {"latency_ms": 50},
        "crash": {"latency_ms": 10, "crash": {"after": 100}},
        "broken": {"latency_ms": 10, "nan": True},
    }
    models = [shell.fake(name, **declared) for name, declared in names.items()]
    ended = shell("check", *models, *QUICK, "--json", "out.json", "--quiet")
    checks = json.loads((shell.work / "out.json").read_text())["checks"]
    assert [check["exit"] for check in checks] == [0, 1, 4, 5]
    assert [line.split()[0] for line in ended.out.splitlines()][:3] == ["PASS", "FAIL", "INVALID"]
    assert ended.code == 5
    assert shell("check", models[1], models[0], *QUICK).code == 1
    assert shell("check", *models[:3], *QUICK).code == 4
    assert shell("check", "missing.onnx", *models[:2], *QUICK).code == 2


def test_candidates_are_checked_where_no_model_is_named(shell):
    models = [shell.fake(name, latency_ms=10) for name in ("a", "b")]
    shell.write("edgeprof.yaml", f"version: 1\ncandidates: [{', '.join(models)}]\n")
    assert shell("check", *QUICK).code == 0
    assert [measurement.job.model for measurement in shell.saved()] == models


def test_only_what_had_no_valid_environment_is_tried_again(shell):
    crash = shell.fake("crash", latency_ms=10, crash={"after": 100})
    ended = shell("check", crash, *QUICK, "--retries", "2")
    assert ended.code == 4
    assert ended.err.count("trying again") == 2
    assert len(shell.saved()) == 3


@pytest.mark.parametrize(
    ("declared", "code"),
    [({"latency_ms": 50}, 1), ({"latency_ms": 10}, 0), ({"latency_ms": 10, "nan": True}, 5)],
)
def test_an_answer_is_not_tried_again(shell, declared, code):
    ended = shell("check", shell.fake(**declared), *QUICK, "--retries", "2")
    assert ended.code == code
    assert "trying again" not in ended.err


def test_a_gate_may_accept_what_is_inconclusive(shell):
    model = shell.fake(latency_ms=10, burst={"every": 100, "factor": 3})
    ended = shell("check", model, *QUICK, "--max-duration", "6s", "--accept", "inconclusive")
    assert ended.code == 0
    assert " INCONCLUSIVE " in ended.out


@pytest.mark.slow
def test_a_gate_may_accept_a_near_miss_but_no_far_one(shell):
    near, far = shell.fake("near", latency_ms=22), shell.fake("far", latency_ms=50)
    ended = shell("check", near, *QUICK, "--accept", "inconclusive,near")
    assert ended.code == 0
    assert " FAIL " in ended.out
    assert shell("check", near, *QUICK).code == 1
    assert shell("check", far, *QUICK, "--accept", "near").code == 1


@pytest.mark.slow
def test_three_fresh_processes_are_measured_and_a_clear_miss_ends_in_the_first(shell):
    assert shell("check", shell.fake("good", latency_ms=10)).code == 0
    assert shell("check", shell.fake("over", latency_ms=120)).code == 1
    good, over = shell.saved()
    assert len(good.processes) == 3
    assert all(len(process.samples_s) >= 745 for process in good.processes)
    (process,) = over.processes
    assert len(process.samples_s) >= 9  # a second of samples


def test_a_finding_that_slows_refuses_a_fail_unless_it_is_allowed(shell):
    """Foreign load is written into a measurement, since a test cannot make a machine busy in a way that lasts."""
    shell("check", shell.fake(latency_ms=50), *QUICK)
    (path,) = shell.saved_paths()
    document = json.loads(path.read_text())
    document["processes"][0]["strain"] = {"seconds": 5.0, "foreign_share": 0.6}
    path.write_text(json.dumps(document))
    assert shell("judge", path).code == 4
    assert shell("judge", path, "--allow", "swap").code == 4
    allowed = shell("judge", path, "--allow", "foreign-load")
    assert allowed.code == 1
    assert "allowed" in allowed.out


def test_a_precision_other_than_asked_is_no_verdict(shell):
    ended = shell("check", shell.fake(latency_ms=10, precision="bf16"), *QUICK)
    assert ended.code == 4
    assert "computes in bf16, fp32 was asked for" in " ".join(ended.out.split())


def test_garbage_on_standard_output_of_the_measured_process_harms_nothing(shell):
    model = shell.fake(latency_ms=10, garbage='{"event": "done", "process": {}}')
    ended = shell("check", model, *QUICK, "--json", "-")
    assert ended.code == 0
    assert json.loads(ended.out)["exit"] == 0
    assert len(shell.saved()[0].processes[0].samples_s) > 300


def test_a_pass_that_cannot_fit_is_foretold_with_the_flag_that_helps(shell):
    model = shell.fake(latency_ms=19, real=True)
    ended = shell("check", model, *QUICK, "--warmup", "5it", "--max-duration", "1s")
    assert ended.code == 3
    assert "raise --max-duration" in ended.err
