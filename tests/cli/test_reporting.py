"""Where reports go, and that each place gets what it can take."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import xml.etree.ElementTree as ET

import pytest

from cli.shell import COMMAND, ROOT

QUICK = ("--quick", "--p99", "20")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def test_json_on_stdout_is_all_that_stdout_holds(shell):
    ended = shell("check", shell.fake(latency_ms=50), *QUICK, "--json", "-")
    document = json.loads(ended.out)
    assert ended.code == document["exit"] == 1
    (check,) = document["checks"]
    assert check["word"] == "FAIL"
    assert check["limits"][0]["observed"] == 50.0
    assert " FAIL " in ended.err  # the report for people moved over


def test_each_document_is_written_to_its_file(shell):
    files = ("--json", "out.json", "--junit", "out.xml", "--markdown", "out.md")
    ended = shell("check", shell.fake(latency_ms=50), *QUICK, *files)
    assert json.loads((shell.work / "out.json").read_text())["exit"] == 1
    suite = ET.parse(shell.work / "out.xml").getroot()
    assert len(list(suite.iter("failure"))) == 1
    assert list(suite.iter("error")) == []
    assert "FAIL" in (shell.work / "out.md").read_text()
    assert " FAIL " in ended.out


def test_a_report_goes_through_a_link_and_leaves_it_there(shell):
    link = shell.work / "link.json"
    link.symlink_to("out.json")
    assert shell("check", shell.fake(latency_ms=50), *QUICK, "--json", link).code == 1
    assert link.is_symlink()
    assert json.loads((shell.work / "out.json").read_text())["exit"] == 1


def test_a_report_to_a_device_leaves_it_a_device(shell):
    pipe = shell.work / "pipe"
    os.mkfifo(pipe)
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
        assert shell("check", shell.fake(latency_ms=50), *QUICK, "--json", pipe).code == 1
        assert json.loads(reader.read())["exit"] == 1
    assert pipe.is_fifo()


def test_what_gave_no_verdict_is_an_error_in_junit(shell):
    crash = shell.fake("crash", latency_ms=10, crash={"after": 100})
    unsure = shell.fake("unsure", latency_ms=10, burst={"every": 100, "factor": 3})
    shell("check", crash, unsure, "missing.onnx", *QUICK, "--max-duration", "6s", "--junit", "out.xml")
    suite = ET.parse(shell.work / "out.xml").getroot()
    assert len(list(suite.iter("error"))) == 3
    assert list(suite.iter("failure")) + list(suite.iter("skipped")) == []


@pytest.mark.parametrize("report", ["--json", "--junit", "--markdown"])
def test_a_document_on_stdout_goes_through_a_stream_of_ascii(shell, report):
    model = shell.fake("größe", latency_ms=10)
    ended = shell("check", model, *QUICK, report, "-", PYTHONIOENCODING="ascii")
    assert ended.code == 0
    spelt = "gr\\u00f6\\u00dfe" if report == "--json" else "größe"  # documents are UTF-8 whatever the terminal is
    assert spelt in ended.out


def test_a_terminal_of_ascii_gets_a_report_and_annotations_that_it_can_show(shell):
    model = shell.fake("größe", latency_ms=50)
    ended = shell("check", model, *QUICK, PYTHONIOENCODING="ascii", GITHUB_ACTIONS="true")
    assert ended.code == 1
    assert ended.out.isascii()
    assert "::error" in ended.out


def test_github_gets_annotations_and_a_summary_without_being_asked(shell):
    summary = shell.folder / "summary.md"
    summary.write_text("earlier\n")
    model = shell.fake(latency_ms=50)
    ended = shell("check", model, *QUICK, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=summary)
    assert ended.code == 1
    assert re.search(r"^::error title=edgeprof%3A FAIL on x\.fake\.json::", ended.out, re.MULTILINE)
    assert summary.read_text().startswith("earlier\n")
    assert "FAIL" in summary.read_text()


def test_elsewhere_there_is_no_annotation_and_no_summary(shell):
    summary = shell.folder / "summary.md"
    ended = shell("check", shell.fake(latency_ms=50), *QUICK, GITHUB_STEP_SUMMARY=summary)
    assert "::error" not in ended.out
    assert not summary.exists()


def test_annotations_leave_json_on_stdout_alone(shell):
    ended = shell("check", shell.fake(latency_ms=50), *QUICK, "--json", "-", GITHUB_ACTIONS="true")
    assert json.loads(ended.out)["exit"] == 1
    assert "::error" in ended.err


def test_a_summary_that_cannot_be_written_costs_the_summary_and_not_the_verdict(shell):
    summary = shell.folder / "no" / "such" / "folder.md"
    ended = shell("check", shell.fake(latency_ms=50), *QUICK, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=summary)
    assert ended.code == 1
    assert "warning: " in ended.err
    assert str(summary) in ended.err


def test_quiet_is_one_line_a_model_and_nothing_else(shell):
    models = [shell.fake("slow", latency_ms=50), shell.fake("fast", latency_ms=10)]
    ended = shell("check", *models, *QUICK, "--quiet")
    assert [line.split()[0] for line in ended.out.splitlines()] == ["FAIL", "PASS"]
    assert ended.err == ""


@pytest.fixture
def on_terminal(shell):
    """What a command shows on a terminal of 80 columns."""

    def shown(*arguments, **environment):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=shell.work,
            env=shell.environment(TERM="xterm-256color", COLUMNS=80, LINES=24, **environment),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        seen = b""
        try:
            while more := os.read(ours, 1 << 16):
                seen += more
        except OSError:  # how a terminal says that nobody is left on it
            pass
        os.close(ours)
        assert process.wait(60) == 1
        return seen.decode().replace("\r\n", "\n")

    return shown


@pytest.fixture
def judged(shell):
    """A measurement to be shown again and again, always in the same words."""
    shell("check", shell.fake(latency_ms=50), *QUICK)
    return shell.saved_paths()[0]


def test_piped_output_has_the_words_of_the_terminal_and_no_escape_code(shell, judged, on_terminal):
    piped, shown = shell("judge", judged).out, on_terminal("judge", judged)
    assert ESCAPE.search(shown)
    assert "\x1b" not in piped
    assert [line.rstrip() for line in ESCAPE.sub("", shown).splitlines()] == piped.splitlines()


def test_no_color_is_obeyed_on_a_terminal(shell, judged, on_terminal):
    assert on_terminal("judge", judged, NO_COLOR="1") == shell("judge", judged).out


def test_progress_in_a_pipe_is_plain_lines_and_each_phase_once(shell):
    ended = shell("check", shell.fake(latency_ms=50), *QUICK)
    lines = ended.err.splitlines()
    assert "\x1b" not in ended.err
    assert "\r" not in ended.err
    assert lines[:3] == [f"process 1 of 1: {phase}" for phase in ("loading", "warming", "sampling")]
    assert len(lines) == len(set(lines))


def test_a_report_says_where_the_measurement_was_saved_and_judge_reads_it_there(shell):
    ended = shell("check", shell.fake(latency_ms=50), *QUICK, "--json", "-")
    saved_at = json.loads(ended.out)["checks"][0]["saved_at"]
    assert saved_at == str(shell.saved_paths()[0])
    assert shell("judge", saved_at).code == 1
    assert str(ROOT) not in saved_at


@pytest.mark.ssh
def test_a_device_that_cannot_be_reached_is_in_the_documents_too(shell):
    model, nowhere = shell.fake(latency_ms=10), "ssh://nobody@127.0.0.1:1"
    ended = shell("check", model, "--device", nowhere, "--p99", "20", "--junit", "j.xml", "--json", "j.json")

    assert ended.code == 4
    assert "connection refused" in ended.err
    (check,) = json.loads((shell.work / "j.json").read_text())["checks"]
    assert check["exit"] == 4
    assert "<error" in (shell.work / "j.xml").read_text()


@pytest.mark.parametrize("flag", ["--json", "--markdown", "--junit"])
def test_an_option_in_the_place_of_a_file_is_no_file(shell, flag):
    ended = shell("check", shell.fake(latency_ms=10), flag, "-q")

    assert ended.code == 2
    assert '"-q" looks like an option' in ended.err
    assert not (shell.work / "-q").exists()
