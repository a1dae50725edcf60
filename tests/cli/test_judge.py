"""Saved measurements judged again agree with the live verdict, and need nothing of what made them."""

from __future__ import annotations

import json

import pytest

from edgeprof.core.verdict import Word

QUICK = ("--quick", "--p99", "20")
SCENES = {
    Word.PASS: ({"latency_ms": 10}, ()),
    Word.FAIL: ({"latency_ms": 50}, ()),
    Word.INCONCLUSIVE: ({"latency_ms": 10, "burst": {"every": 100, "factor": 3}}, ("--max-duration", "6s")),
    Word.INVALID: ({"latency_ms": 10, "crash": {"after": 200}}, ()),
}


@pytest.fixture
def saved(shell):
    """The file of a check of a fake, and how the check ended."""

    def of(declared, *flags):
        before = set(shell.saved_paths())
        ended = shell("check", shell.fake(**declared), *QUICK, *flags)
        (path,) = set(shell.saved_paths()) - before
        return path, ended

    return of


def verdict(out):
    """The last line of a report, where it ends: word, reason and code."""
    return out.rstrip().rsplit("━\n", maxsplit=1)[-1]


@pytest.mark.parametrize("word", SCENES, ids=lambda word: word.value)
def test_judge_says_what_the_check_said(shell, saved, word):
    declared, flags = SCENES[word]
    path, live = saved(declared, *flags)
    again = shell("judge", path)
    assert f" {word.value} " in verdict(live.out)
    assert verdict(again.out) == verdict(live.out)
    assert again.code == live.code


def test_judge_applies_another_budget(shell, saved):
    path, live = saved({"latency_ms": 10})
    assert live.code == 0
    shell.write("strict.yaml", "p99_ms: 5\n")
    shell.write("whole.yaml", "version: 1\nbudget: {p99_ms: 5}\n")
    assert shell("judge", path, "--p99", "5ms").code == 1
    assert shell("judge", path, "--budget", "strict.yaml").code == 1
    assert shell("judge", path, "--budget", "whole.yaml").code == 1
    assert shell("judge", path, "--budget", "strict.yaml", "--p99", "20").code == 0  # the flag comes first
    assert shell("judge", path, "--limit", "size_mib=0.000001").code == 1


def test_judge_takes_accept_and_reports(shell, saved):
    path, live = saved(SCENES[Word.INCONCLUSIVE][0], *SCENES[Word.INCONCLUSIVE][1])
    assert live.code == 3
    ended = shell("judge", path, "--accept", "inconclusive", "--json", "-")
    assert ended.code == 0
    (check,) = json.loads(ended.out)["checks"]
    assert check["word"] == "INCONCLUSIVE"
    assert check["saved_at"] == str(path)


def test_judge_loads_nothing_heavy_and_starts_no_agent(shell, saved):
    path, _ = saved({"latency_ms": 10})
    broken = shell.broken("sitecustomize", RECORDS_MODULES)
    ended = shell("judge", path, PYTHONPATH=broken, MODULES_TO=shell.folder / "modules")
    assert ended.code == 0
    loaded = set((shell.folder / "modules").read_text().split())
    assert "edgeprof.workflow.judge" in loaded
    assert loaded & {"torch", "timm", "onnx", "onnxruntime", "openvino", "numpy"} == set()
    assert "edgeprof.targets.local" not in loaded  # nothing that could start an agent


RECORDS_MODULES = """
import atexit, os, sys
@atexit.register
def _record():
    with open(os.environ["MODULES_TO"], "w") as file:
        file.write("\\n".join(sys.modules))
"""


def test_judge_works_where_nothing_is_installed_that_computes(shell, saved):
    path, _ = saved({"latency_ms": 10})
    python = shell.python_without("torch", "timm", "onnx", "openvino", "numpy")
    assert shell.start("judge", path, command=(python, "-m", "edgeprof")).end().code == 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text[: len(text) // 2], "not a measurement"),
        (lambda text: text.replace('"version":1', '"version":99', 1), "newer edgeprof (version 99)"),
        (lambda text: text.replace('"samples_s":[', '"samples_s":["fast",', 1), "samples_s"),
        (lambda text: text.replace('"samples_s":[', '"samples_s":[NaN,', 1), "NaN"),
        (lambda _: "", "not a measurement"),
        (lambda _: "[]", "not a measurement"),
    ],
    ids=["truncated", "newer", "a word", "NaN", "empty", "a list"],
)
def test_a_file_that_is_no_whole_measurement_ends_in_2(shell, saved, spoil, words):
    path, _ = saved({"latency_ms": 10})
    path.write_text(spoil(path.read_text()))
    ended = shell("judge", path)
    assert ended.code == 2
    assert words in " ".join(ended.out.split())
    assert path.name in ended.out


def test_a_file_that_is_missing_ends_in_2(shell):
    ended = shell("judge", "missing.json")
    assert ended.code == 2
    assert "missing.json" in ended.out


def test_a_measurement_without_a_budget_asks_for_one(shell):
    shell("measure", shell.fake(latency_ms=10), "--iterations", "3000")
    (path,) = shell.saved_paths()
    ended = shell("judge", path)
    assert ended.code == 2
    assert "--p99" in ended.out
    assert shell("judge", path, "--p99", "20").code == 0


def test_of_several_files_all_are_judged_and_the_worst_code_wins(shell, saved):
    passes, _ = saved({"latency_ms": 10})
    fails, _ = saved({"latency_ms": 50})
    crashed, _ = saved({"latency_ms": 10, "crash": {"after": 200}})
    ended = shell("judge", crashed, fails, passes, "--quiet")
    assert [line.split()[0] for line in ended.out.splitlines()] == ["INVALID", "FAIL", "PASS"]
    assert ended.code == 4
    assert shell("judge", passes, fails).code == 1
    assert shell("judge", passes, "missing.json", crashed).code == 2
