"""onnxruntime_perf_test's lines, a real profile of onnxruntime's, and figures without samples."""

from __future__ import annotations

import json

import pytest

from edgeprof.core.errors import ConfigError
from edgeprof.store.imports import ort
from edgeprof.store.imports.times import Source

from . import written

FIGURES = {
    "1.8": "\nMin Latency is 0.0101sec\nMax Latency is 0.0203sec\nP50 Latency is 0.0102sec\nP99 Latency is 0.02sec\n",
    "1.20": "Setting intra_op_num_threads to 2\nAverage inference time cost: 10.4 ms\nP99 Latency: 0.0203 s\n",
}


def times_of(text: str):
    return ort.times_of(Source("out.csv", text.encode()))


def test_each_line_is_an_inference() -> None:
    times = times_of(written.perf_test([0.0101, 0.0102, 0.02], "a,b"))

    assert times.processes == ((0.0101, 0.0102, 0.02),)
    assert (times.model, times.runtime) == ("a,b", "onnxruntime")


def test_what_a_second_process_appended_is_a_second_process() -> None:
    text = written.perf_test([0.01, 0.02]) + FIGURES["1.8"] + written.perf_test([0.03])

    assert times_of(text).processes == ((0.01, 0.02), (0.03,))


@pytest.mark.parametrize("version", FIGURES)
def test_figures_alone_are_told_and_are_no_samples(version) -> None:
    times = times_of(FIGURES[version])

    assert times.processes == ((),)
    assert "no samples" in times.notes[0]
    assert "P99 Latency" in times.notes[0]


def test_a_real_profile_holds_inferences_and_where_they_ran() -> None:
    content = (written.DATA / "onnxruntime-1.31-profile.json").read_bytes()
    runs = [event["dur"] for event in json.loads(content) if event["name"] == "model_run"]
    times = ort.times_of(Source("profile.json", content))

    assert times.processes == (pytest.approx(tuple(microseconds * 1e-6 for microseconds in runs[1:])),)
    assert "its operators ran on CPUExecutionProvider" in times.notes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("resnet18,0.01,1,1,1\n", "out of order"),
        ("resnet18,0.01,1,1,0\nresnet18,0.01,1,1,2\n", "lines are missing"),
        ("resnet18,-0.01,1,1,0\n", "is no inference"),
        ("resnet18,nan,1,1,0\n", "is no inference"),
        ("resnet18,inf,1,1,0\n", "is no inference"),
        ("resnet18,1e400,1,1,0\n", "is no inference"),
        ("resnet18,fast,1,1,0\n", "is no inference"),
        ("resnet18,0.01,1,1,0\nresnet18,0.0", "is no inference"),
        ("a,0.01,1,1,0\nb,0.01,1,1,0\n", "2 models"),
        ("hello\n", "no inference and no figure"),
        ('[{"name": "model_run", "dur": 5}]', "not a profile"),
        ('[{"name": "model_run", "dur": 5}, {"name": "model_run", "dur": -5}]', "dur of model_run 2"),
        ('[{"name": "model_run", "dur": "5"}, {"name": "model_run", "dur": 5}]', "dur of model_run 1"),
        ('[{"name": "model_run"', "not whole JSON"),
    ],
)
def test_what_cannot_be_is_refused(text, words) -> None:
    with pytest.raises(ConfigError) as raised:
        times_of(text)

    assert words in raised.value.message


def test_text_of_another_encoding_is_refused() -> None:
    with pytest.raises(ConfigError, match="UTF-8"):
        ort.times_of(Source("out.csv", b"resnet\xff,0.01,1,1,0\n"))
