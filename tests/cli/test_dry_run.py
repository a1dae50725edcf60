"""`check --dry-run`: every value with its origin, and nothing done; so it shows which origin wins."""

from __future__ import annotations

import json

import pytest

FILE = """\
version: 1
model: x.fake.json
input: {res: 720, batch: 2}
budget: {p99_ms: 20, memory_mib: 900}
sampling: {processes: 5}
devices:
  orin: {host: me@orin, precision: fp16, budget: {p99_ms: 15}}
"""


@pytest.fixture
def values(shell):
    """Key to value and origin, as --dry-run prints them."""

    def of(*flags, **environment):
        ended = shell("check", "--dry-run", *flags, COLUMNS=100, **environment)
        assert ended.code == 0, ended.err
        rows = [line.split(maxsplit=1) for line in ended.out.splitlines()[1:] if line.strip()]
        return {row[0]: " ".join(row[1].split()) for row in rows if len(row) == 2}

    return of


def test_nothing_is_run_and_nothing_is_written(shell):
    ended = shell("check", shell.fake(latency_ms=10, crash={"after": 0}), "--dry-run")
    assert ended.code == 0
    assert ended.err == ""
    assert not shell.cache.exists()
    assert not shell.measurements.exists()
    assert not shell.lock.exists()


def test_every_setting_is_shown_with_where_it_came_from(shell, values):
    shell.fake(latency_ms=10)
    shell.write("edgeprof.yaml", FILE)
    shown = values("--fps", "25", EDGEPROF_RETRIES="2")
    assert shown["model"] == "x.fake.json edgeprof.yaml:2"
    assert shown["budget.p99_ms"] == "p99 latency <= 20 ms edgeprof.yaml:4"
    assert shown["budget.fps"] == "fps >= 25 flag --fps"
    assert shown["retries"] == "2 EDGEPROF_RETRIES"
    assert shown["runtime"] == "auto built in"
    assert {"batch", "device", "precision", "weights", "threads", "processes", "warmup", "accept"} <= set(shown)


def test_the_tensor_and_the_time_are_foretold(shell, values):
    shell.fake(latency_ms=10)
    shown = values("x.fake.json", "--res", "1080")
    assert "1x3x1080x1920" in shown["input"]
    assert shown["takes"].endswith("to a PASS, at the least")


@pytest.mark.parametrize(
    ("flags", "environment", "processes"),
    [
        ((), {}, "5 edgeprof.yaml:5"),
        ((), {"EDGEPROF_PROCESSES": 4}, "4 EDGEPROF_PROCESSES"),
        (("--processes", "2"), {"EDGEPROF_PROCESSES": 4}, "2 flag --processes"),
    ],
)
def test_a_flag_comes_before_the_environment_before_the_file(shell, values, flags, environment, processes):
    shell.fake(latency_ms=10)
    shell.write("edgeprof.yaml", FILE)
    assert values(*flags, **environment)["processes"] == processes


def test_budgets_merge_metric_by_metric(shell, values):
    shell.fake(latency_ms=10)
    shell.write("edgeprof.yaml", FILE)
    shown = values("--p99", "10")
    assert shown["budget.p99_ms"] == "p99 latency <= 10 ms flag --p99"
    assert shown["budget.memory_mib"] == "peak memory <= 900 MiB edgeprof.yaml:4"
    assert "budget.fps" not in shown  # the built-in camera counts only where nobody gave a limit


def test_a_portrait_frame_is_asked_about_here_too(shell):
    ended = shell("check", shell.fake(latency_ms=10), "--res", "1080x1920", "--dry-run")
    assert ended.code == 0
    assert "did you mean 1920x1080?" in ended.err


def test_without_any_budget_it_is_the_camera(shell, values):
    shell.fake(latency_ms=10)
    shown = values("x.fake.json")
    assert shown["budget.p99_ms"] == "p99 latency <= 33.3 ms built in"
    assert shown["budget.fps"] == "fps >= 30 built in"


def test_the_device_of_the_file_comes_before_its_top(shell, values):
    shell.fake(latency_ms=10)
    shell.write("edgeprof.yaml", FILE)
    shown = values("--device", "orin")
    assert shown["budget.p99_ms"] == "p99 latency <= 15 ms edgeprof.yaml:7 devices.orin"
    assert shown["precision"] == "fp16 edgeprof.yaml:7 devices.orin"


def test_what_the_dry_run_shows_is_what_the_check_does(shell):
    shell.fake(latency_ms=10)
    shell.write("edgeprof.yaml", FILE)
    assert shell("check", EDGEPROF_PROCESSES=2).code == 0
    (measurement,) = shell.saved()
    assert measurement.plan.processes == len(measurement.processes) == 2
    assert measurement.budget == {"p99_ms": 20, "memory_mib": 900}
    assert measurement.job.inputs[0].shape == (2, 3, 720, 1280)
    assert measurement.job.batch == 2


def test_json_has_every_value_and_follows_its_schema(shell):
    from jsonschema import Draft202012Validator

    ended = shell("check", shell.fake(latency_ms=10), "--dry-run", "--json", "values.json", "--res", "1080")
    assert ended.code == 0, ended.err
    written = json.loads((shell.work / "values.json").read_text())
    schema = json.loads(shell("schema", "dry-run").out)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(written)
    origins = {row["key"]: row["origin"] for row in written["values"]}

    assert origins["res"] == "flag --res"
    assert origins["runtime"] == "built in"
    assert written["inputs"] == ["x.fake.json: input 1x3x1080x1920 float32"]
    assert written["estimated_s"] > 0
    assert not Draft202012Validator(schema).is_valid({**written, "more": 1})


def test_json_on_stdout_stays_alone(shell):
    ended = shell("check", shell.fake(latency_ms=10), "--dry-run", "--json", "-")

    assert json.loads(ended.out)["format"] == "edgeprof dry run"
    assert "built in" in ended.err


@pytest.mark.parametrize("flag", ["--junit", "--markdown"])
def test_a_report_of_answers_is_refused_where_there_are_none(shell, flag):
    ended = shell("check", shell.fake(latency_ms=10), "--dry-run", flag, "out")

    assert ended.code == 2
    assert flag in ended.err
    assert not (shell.work / "out").exists()
