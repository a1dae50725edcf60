"""Numbers without a verdict."""

from __future__ import annotations

import json
import re

import pytest


def test_as_many_iterations_as_asked_are_exactly_as_many_samples(shell):
    ended = shell("measure", shell.fake(latency_ms=50), "--iterations", "100")
    assert ended.code == 0  # 50 ms a frame would be a FAIL of the 30 fps camera
    (measurement,) = shell.saved()
    (process,) = measurement.processes
    assert len(process.samples_s) == 100
    assert process.samples_s == (0.05,) * 100
    assert process.ended == "samples"
    assert measurement.budget == {}
    assert "100" in ended.out


@pytest.mark.parametrize("arguments", [("--iterations", "100"), ("--duration", "2s"), ()])
def test_no_word_of_a_verdict_is_said(shell, arguments):
    ended = shell("measure", shell.fake(latency_ms=50), *arguments)
    assert ended.code == 0
    assert re.findall(r"PASS|FAIL|INCONCLUSIVE|INVALID|budget|limit|exit", ended.out) == []
    assert "p99 ms" in ended.out


def test_a_duration_is_kept_in_the_models_own_time(shell):
    shell("measure", shell.fake(latency_ms=10), "--duration", "2s")
    process = shell.saved()[0].processes[0]
    assert process.ended == "duration"
    assert sum(process.samples_s) >= 2.0
    assert len(process.samples_s) >= 200


def test_the_percentiles_asked_for_are_printed(shell):
    model = shell.fake(latency_ms=list(range(1, 101)))
    ended = shell("measure", model, "--iterations", "1000", "--percentile", "50,99.9", "--json", "-")
    (process,) = json.loads(ended.out)["processes"]
    assert process["p50_s"] == 0.05
    assert process["p99.9_s"] == 0.1
    assert "p99_s" not in process


def test_as_many_processes_as_asked_are_measured(shell):
    shell("measure", shell.fake(latency_ms=10), "--iterations", "50", "--processes", "2")
    assert [len(process.samples_s) for process in shell.saved()[0].processes] == [50, 50]


def test_a_warm_up_of_so_many_iterations_takes_exactly_so_many(shell):
    shell("measure", shell.fake(latency_ms=10), "--iterations", "50", "--warmup", "20it")
    process = shell.saved()[0].processes[0]
    assert len(process.warmup_s) == 20


def test_a_process_that_does_not_end_well_ends_in_4_with_what_was_seen(shell):
    ended = shell("measure", shell.fake(latency_ms=10, crash={"after": 300}), "--duration", "60s")
    assert ended.code == 4
    assert "error: a process crashed: RuntimeError" in ended.err
    assert "p99 ms" in ended.out


def test_of_several_models_each_is_measured(shell):
    models = [shell.fake(name, latency_ms=10) for name in ("a", "b")]
    assert shell("measure", *models, "--iterations", "50").code == 0
    assert [measurement.job.model for measurement in shell.saved()] == models


def test_a_model_that_fails_does_not_end_the_others(shell):
    ended = shell("measure", shell.fake("broken", nan=True), shell.fake("sound", latency_ms=10), "--iterations", "50")
    assert ended.code == 5
    assert "NaN" in ended.out
    assert "VERDICT" not in ended.out
    assert [measurement.job.model for measurement in shell.saved()] == ["sound.fake.json"]


def test_quiet_prints_what_it_is_and_its_figures_and_no_more(shell):
    ended = shell("measure", shell.fake(latency_ms=50), "--iterations", "100", "--quiet")
    assert ended.code == 0
    subject, header, figures = ended.out.splitlines()
    assert "x.fake.json" in subject
    assert "p99 ms" in header
    assert figures.split()[1:] == ["50.00"] * 7
    assert ended.err == ""
