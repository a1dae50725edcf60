"""Every row of the table of exit codes that can be reached without a device elsewhere."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from cli.shell import ROOT

QUICK = ("--quick", "--p99", "20")
AT_THE_LIMIT = {"latency_ms": 10, "burst": {"every": 100, "factor": 3}}  # 1 % over 20 ms, as much as p99 allows


def test_a_model_within_its_budget_ends_in_0(shell):
    ended = shell("check", shell.fake(latency_ms=10), *QUICK)
    assert ended.code == 0
    assert " PASS " in ended.out
    assert ended.out.rstrip().endswith("exit 0")


def test_a_model_over_its_budget_ends_in_1(shell):
    ended = shell("check", shell.fake(latency_ms=50), *QUICK)
    assert ended.code == 1
    assert " FAIL " in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "x.fake.json", "--no-such-flag"), "--no-such-flag"),
        (("no-such-command",), "no-such-command"),
        (("check",), "no model is named"),
        (("check", "missing.onnx"), 'model "missing.onnx" is not a file'),
        (("check", "x.fake.json", "--p99", "fast"), 'p99 is "fast"'),
        (("check", "x.fake.json", "--p99", "-1"), "--p99"),
        (("check", "x.fake.json", "--allow", "anything"), "anything"),
        (("check", "x.fake.json", "--config", "missing.yaml"), "missing.yaml"),
        (("check", "x.fake.json", "--json", "-", "--junit", "-"), "stdout is asked for by two reports"),
        (("check", "x.fake.json", "--json", "no/such/folder/x.json"), "no/such/folder/x.json"),
        (("measure", "x.fake.json", "--percentile", "101"), "--percentile"),
        (("measure", "x.fake.json", "--json", "no/such/folder/x.json"), "no/such/folder/x.json"),
        (("measure", "x.fake.json", "resnet50", "--json", "-"), "--json takes one model, 2 are named"),
        (("judge",), "missing argument"),
        (("cache", "gc", "--cap", "much"), '--cap is "much"'),
        (("cache", "gc", "--cap=-1"), '--cap is "-1"'),
        (("measure", "x.fake.json", "--processes", "0"), 'processes is "0"'),
        (("measure", "x.fake.json", "--duration", "2s", "--iterations", "5"), "leave one of the two out"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_of_usage_ends_in_2_with_a_hint(shell, arguments, words):
    shell.fake(latency_ms=10)
    ended = shell(*arguments)
    assert ended.code == 2
    assert ended.err.startswith("error: ") or "error" in ended.out
    assert words in ended.out + ended.err
    assert "Traceback" not in ended.err
    assert shell.saved_paths() == []


def test_a_mistake_in_edgeprof_yaml_ends_in_2_and_names_the_line(shell):
    shell.write("edgeprof.yaml", "version: 1\nmodel: x.fake.json\nbudget:\n  p99_ms: 33ms\n")
    ended = shell("check")
    assert ended.code == 2
    assert "edgeprof.yaml:4" in ended.err
    assert "hint: write 33" in ended.err


def test_a_rate_at_the_limit_ends_in_3(shell):
    ended = shell("check", shell.fake(**AT_THE_LIMIT), *QUICK, "--max-duration", "8s")
    assert ended.code == 3
    assert " INCONCLUSIVE " in ended.out


@pytest.mark.parametrize("how", ["raise", "exit", "kill"])
@pytest.mark.parametrize("after", [0, 500])
def test_a_model_that_crashes_ends_in_4(shell, how, after):
    ended = shell("check", shell.fake(latency_ms=10, crash={"after": after, "how": how}), *QUICK)
    assert ended.code == 4
    assert " INVALID " in ended.out
    assert {"raise": "a declared crash", "exit": "exit code 3", "kill": "signal 9"}[how] in ended.out
    (measurement,) = shell.saved()
    assert len(measurement.processes) == 1
    assert bool(measurement.processes[0].samples_s) is bool(after)  # what it had finished is kept


def test_a_measured_process_that_is_killed_ends_in_4_and_keeps_its_samples(shell):
    started = shell.start("check", shell.fake(latency_ms=10, real=True), "--warmup", "5it")
    started.said("sampling")
    os.kill(shell.measured(), signal.SIGKILL)
    ended = started.end()
    assert ended.code == 4
    assert "was killed" in ended.out
    (measurement,) = shell.saved()
    assert measurement.processes[0].ended == "killed"
    assert measurement.processes[0].samples_s


def test_a_supervisor_that_is_killed_ends_in_4_and_takes_the_measured_process_along(shell):
    started = shell.start("check", shell.fake(latency_ms=10, real=True), "--warmup", "5it")
    started.said("sampling")
    shell.measured()
    os.kill(shell.supervisor(), signal.SIGKILL)
    ended = started.end()
    assert ended.code == 4
    assert "by signal 9" in ended.out
    shell.expect_clean()
    (measurement,) = shell.saved()
    assert measurement.processes[0].ended == "crashed"


@pytest.mark.slow
def test_a_model_that_hangs_is_ended_by_the_watchdog_and_ends_in_4(shell):
    ended = shell("check", shell.fake(latency_ms=10, hang={"after": 300}), *QUICK)
    assert ended.code == 4
    assert "no sample for 3" in ended.out
    assert shell.saved()[0].processes[0].ended == "hung"


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="here is a card")
def test_a_card_that_is_not_there_ends_in_4_and_is_not_replaced_by_the_cpu(shell):
    ended = shell("check", shell.fake(latency_ms=10), *QUICK, "--device", "gpu")
    assert ended.code == 4
    assert ended.err.startswith("error: tensorrt")  # not installed, or without a driver
    assert "hint: " in ended.err
    assert ended.out == ""
    assert shell.saved_paths() == []


@pytest.mark.parametrize("device", ["orin", "nvidia@10.0.0.5"])
def test_a_device_that_is_not_reached_ends_in_4_and_is_not_replaced_by_this_machine(shell, device):
    ended = shell("check", shell.fake(latency_ms=10), *QUICK, "--device", device)
    assert ended.code == 4
    assert f'device "{device}"' in ended.err
    assert "hint: " in ended.err
    assert ended.out == ""
    assert shell.saved_paths() == []


def test_a_runtime_that_is_not_installed_ends_in_4_with_the_command_that_installs_it(shell, small_onnx):
    python = shell.python_without("openvino")
    shell.use(small_onnx)
    ended = shell.start("check", "small.onnx", "--runtime", "openvino", command=(python, "-m", "edgeprof")).end()
    assert ended.code == 4
    assert "openvino is not installed on local" in ended.out
    assert "pip install openvino" in ended.out


def test_outputs_that_are_no_numbers_end_in_5(shell):
    ended = shell("check", shell.fake(latency_ms=10, nan=True), *QUICK)
    assert ended.code == 5
    assert "NaN" in ended.out
    assert shell.saved_paths() == []


@pytest.mark.parametrize("content", ["", "not an onnx file", "\x08\x07"])
def test_a_corrupt_onnx_file_ends_in_5(shell, content):
    ended = shell("check", shell.write("corrupt.onnx", content), "--runtime", "onnxruntime")
    assert ended.code == 5
    assert "corrupt.onnx" in ended.out


def test_a_broken_fake_ends_in_5(shell):
    ended = shell("check", shell.write("x.fake.json", "[1, 2"))
    assert ended.code == 5
    assert "not a fake model" in ended.out


IMPORT_FAILS = "raise ImportError('broken on purpose')\n"


@pytest.mark.parametrize("broken", ["typer", "json/__init__"])
def test_a_module_that_does_not_import_ends_in_70(shell, broken):
    ended = shell("check", shell.fake(latency_ms=10), PYTHONPATH=shell.broken(broken, IMPORT_FAILS))
    assert ended.code == 70
    assert "broken on purpose" in ended.err


def test_a_half_installed_edgeprof_ends_in_70(shell):
    shutil.copytree(ROOT / "edgeprof", shell.folder / "broken" / "edgeprof")
    ended = shell("--help", PYTHONPATH=shell.broken("edgeprof/cli/app", IMPORT_FAILS))
    assert ended.code == 70
    assert "broken on purpose" in ended.err


BROKEN_REPORT = """
import edgeprof.report.console as console
def render(*_, **__):
    raise KeyError("a bug")
console.render = render
"""


def test_an_error_that_nobody_planned_ends_in_70_and_keeps_what_was_measured(shell):
    path = shell.broken("sitecustomize", BROKEN_REPORT)  # stands for any bug: this one is met after the verdict
    ended = shell("check", shell.fake(latency_ms=50), *QUICK, PYTHONPATH=path)
    assert ended.code == 70
    assert "KeyError: 'a bug'" in ended.err
    assert len(shell.saved_paths()) == 1


def test_a_bug_whose_traceback_nobody_reads_ends_in_70_too(shell):
    read, write = os.pipe()
    os.close(read)
    started = shell.start("--help", stderr=write, PYTHONPATH=shell.broken("typer", IMPORT_FAILS))
    os.close(write)
    assert started.end().code == 70


@pytest.mark.parametrize("arguments", [("check", "x.fake.json", *QUICK), ("schema",), ("--version",)], ids=" ".join)
def test_a_full_disk_behind_standard_output_ends_in_4(shell, arguments):
    shell.fake(latency_ms=50)
    with open("/dev/full", "wb") as full:
        started = shell.start(*arguments, stdout=full.fileno())
    ended = started.end()
    assert ended.code == 4
    assert 'no space left on the device for "standard output"' in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("arguments", [(), ("cache",)])
def test_no_command_at_all_ends_in_2_with_the_help(shell, arguments):
    ended = shell(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: ")
