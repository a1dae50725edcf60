"""`edgeprof import` as it is typed: what it writes judge reads, and it ends in the same codes."""

from __future__ import annotations

import json

import pytest
from builders import latencies
from store.imports import written


@pytest.fixture
def files(shell):
    """Files of trtexec's, of three processes with this median."""

    def of(middle_s):
        return [
            shell.write(f"{middle_s}-{seed}.json", written.trtexec(latencies(1000, middle_s, seed=seed)))
            for seed in (1, 2, 3)
        ]

    return of


def test_trtexecs_times_pass_fail_or_stay_open_by_the_budget(shell, files):
    three = files(0.020)
    passed = shell("import", "trtexec", *three, "--p99", "33")
    assert (passed.code, passed.err) == (0, "")
    assert "PASS" in passed.out
    assert shell("import", "trtexec", *three, "--p99", "5ms").code == 1
    assert shell("import", "trtexec", three[0], "--p99", "33").code == 3
    assert shell("import", "trtexec", three[0], "--p99", "33", "--quick").code == 0
    assert shell("import", "trtexec", three[0], "--p99", "33", "--accept", "inconclusive").code == 0


def test_the_measurement_that_is_written_is_judged_like_the_import(shell, files):
    shell.write("strict.yaml", "p99_ms: 5\n")
    live = shell("import", "trtexec", *files(0.020), "--p99", "33", "-o", "m.json", "--json", "live.json")
    again = shell("judge", "m.json", "--json", "again.json")
    assert (live.code, again.code) == (0, 0)
    first, second = (json.loads((shell.work / name).read_text())["checks"][0] for name in ("live.json", "again.json"))
    assert first == second
    assert [each["tool"] for each in first["imported"]] == ["trtexec"] * 3
    assert shell("judge", "m.json", "--budget", "strict.yaml").code == 1
    assert shell.saved_paths() == []


def test_without_a_budget_figures_are_printed_and_the_measurement_is_saved(shell, files):
    ended = shell("import", "trtexec", files(0.020)[0], "--json", "-")
    assert ended.code == 0
    assert json.loads(ended.out)["format"] == "edgeprof figures"
    (path,) = shell.saved_paths()
    assert shell("judge", path).code == 2  # it has no budget of its own
    assert shell("judge", path, "--p99", "33").code == 3


@pytest.mark.parametrize("report", ["--junit", "--markdown"])
def test_a_report_of_no_verdict_is_refused_before_anything_is_saved(shell, files, report):
    ended = shell("import", "trtexec", files(0.020)[0], report, "report")
    assert ended.code == 2
    assert "without a budget there is no verdict" in ended.err
    assert shell.saved_paths() == []


def test_figures_of_benchmark_app_come_to_no_verdict(shell):
    report = shell.use(written.DATA / "benchmark_app-2026.4.csv")
    ended = shell("import", "benchmark_app", report, "--p99", "33", "--markdown", "-")
    assert ended.code == 3
    assert "the file holds figures and no samples" in ended.out


def test_perf_tests_lines_are_judged(shell):
    text = "".join(written.perf_test(latencies(1000, 0.020, seed=seed)) for seed in (1, 2, 3))
    ended = shell("import", "ort", shell.write("out.csv", text), "--p99", "33")
    assert ended.code == 0
    assert "3 fresh processes" in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("trtexec", "missing.json"), "missing.json"),
        (("trtexec", "cut.json"), "not whole JSON"),
        (("perf_analyzer", "cut.json"), "trtexec, ort, benchmark_app"),
        (("trtexec", "whole.json", "--model", "mistyped.onnx"), '"mistyped.onnx" is not a file'),
        (("trtexec", "whole.json", "--model", "no/such/network"), '"no/such/network" is not a file'),
        (("trtexec", "whole.json", "--model", "cut.onnx"), "not a whole ONNX file"),
        (("trtexec", "whole.json", "--model", "lone.xml"), '"lone.bin", are not there'),
        (("trtexec", "cut.json", "--processes", "0"), "--processes"),
        (("trtexec", "cut.json", "-o", "no/such/folder/m.json"), "no/such/folder"),
        (("trtexec", "cut.json", "--p99", "-1"), "--p99"),
    ],
)
def test_what_cannot_be_imported_ends_in_2(shell, arguments, words):
    shell.write("cut.json", '[{"latencyMs": 3')
    shell.write("cut.onnx", "x")
    shell.write("lone.xml", "<net/>")
    shell.write("whole.json", written.trtexec(latencies(100)))
    ended = shell("import", *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert shell.saved_paths() == []
