"""benchmark_app's real reports hold figures, which are told as such."""

from __future__ import annotations

import pytest

from edgeprof.core.errors import ConfigError
from edgeprof.store.imports import benchmark_app
from edgeprof.store.imports.times import Source

from . import written

CSV = (written.DATA / "benchmark_app-2026.4.csv").read_bytes()
JSON = (written.DATA / "benchmark_app-2026.4.json").read_bytes()


def times_of(content: bytes):
    return benchmark_app.times_of(Source("benchmark_report", content))


@pytest.mark.parametrize(("content", "slowest"), [(CSV, "0.06"), (JSON, "0.05")], ids=["csv", "json"])
def test_a_real_report_has_figures_and_no_samples(content, slowest) -> None:
    times = times_of(content)

    assert (times.processes, times.runtime, times.model) == (((),), "openvino", "Model1")
    assert "no samples, only figures: 20 inferences, 1 at once, latency 0.02 ms" in times.notes[0]
    assert f"max latency {slowest} ms" in times.notes[0]
    assert times.notes[1] == "on OpenVINO's device CPU"


@pytest.mark.parametrize("content", [written.benchmark_app_csv(), written.benchmark_app_json()], ids=["csv", "json"])
def test_the_c_plus_plus_tools_other_names_are_read_too(content) -> None:
    times = times_of(content)

    assert (times.processes, times.model) == (((),), "Model1")
    figures, device = times.notes
    assert "20 inferences, 4 at once, latency 0.02153 ms, avg latency 0.0223 ms, min latency 0.0209 ms" in figures
    assert figures.endswith("max latency 12.0643 ms")
    assert device == "on OpenVINO's device CPU"


@pytest.mark.parametrize(
    "content",
    [
        CSV.replace(b"latency (ms);0.02", b"latency (99 percentile) (ms);0.04"),
        written.benchmark_app_csv(**{"Percentile boundary": 99}).replace(
            b"Median latency (ms)", b"latency (99 percentile) (ms)"
        ),
        written.benchmark_app_json(percentile_boundary=99),
    ],
    ids=["python", "csv", "json"],
)
def test_another_percentile_is_not_called_a_median(content) -> None:
    (said, _) = times_of(content).notes

    assert "at once, p99 latency 0.0" in said


def test_a_real_report_of_layers_has_no_inferences() -> None:
    with pytest.raises(ConfigError, match="times of layers, and none of inferences"):
        times_of((written.DATA / "benchmark_app-2026.4-detailed.csv").read_bytes())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CSV.replace(b"max latency;0.06", b"max latency;nan"), 'max latency is "nan"'),
        (CSV.replace(b"max latency;0.06", b"max latency;-3"), 'max latency is "-3"'),
        (CSV.replace(b"max latency;0.06", b"max latency;0.0.0.0.0"), 'max latency is "0.0.0.0.0"'),
        (written.benchmark_app_json(latency_avg=None), 'avg latency is "None"'),
        (CSV.replace(b"iterations;20", b"iterations;none"), "counts no inferences"),
        (CSV.replace(b"iterations;20", b"iterations;0"), "counts no inferences"),
        (CSV[: CSV.index(b"latency (ms)")], "holds no latency"),
        (CSV[: CSV.index(b"Execution")], "no report"),
        (JSON[:-1], "not whole JSON"),
        (b'{"execution_results": 3}', "counts no inferences"),
        (b'{"report_type": "detailed"}', "no execution_results"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_what_cannot_be_is_refused(content, words) -> None:
    with pytest.raises(ConfigError) as raised:
        times_of(content)

    assert words in raised.value.message
