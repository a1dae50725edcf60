"""What another tool measured is judged by the same rules, and what it did not see passes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import latencies
from store.imports import written

from edgeprof.core.budget import budget_of
from edgeprof.core.codec import dump_measurement, load_measurement
from edgeprof.core.errors import ConfigError
from edgeprof.core.measurement import Ended, Plan
from edgeprof.core.ruling import Reason
from edgeprof.core.stats.sequential import Outcome
from edgeprof.core.validity import Direction
from edgeprof.core.verdict import Word, judge
from edgeprof.report.advice import next_steps
from edgeprof.workflow import importing

QUICK = Plan(processes=1, quick=True)
P99 = budget_of({"p99_ms": 33.0})


@pytest.fixture
def imported(tmp_path):
    """The measurement of files of trtexec's, of these latencies each."""

    def of(*each, plan=Plan(), budget=P99):  # noqa: B008 (frozen)
        paths = []
        for number, samples_s in enumerate(each):
            paths.append(tmp_path / f"times{number}.json")
            paths[-1].write_text(written.trtexec(samples_s))
        return importing.import_files("trtexec", paths, plan, None, budget)

    return of


def of_three(middle_s: float, count: int = 1000):
    return [latencies(count, middle_s, seed=seed) for seed in (1, 2, 3)]


def test_three_processes_well_under_the_limit_pass(imported) -> None:
    measurement = imported(*of_three(0.020))

    assert judge(measurement, P99).word is Word.PASS
    assert [process.ended for process in measurement.processes] == [Ended.NOT_KNOWN] * 3


def test_one_process_passes_only_where_one_is_enough(imported) -> None:
    one = latencies(1000, 0.020)

    assert judge(imported(one), P99).word is Word.INCONCLUSIVE
    assert judge(imported(one, plan=QUICK), P99).word is Word.PASS


def test_a_miss_fails_by_one_process(imported) -> None:
    assert judge(imported(latencies(1000, 0.050)), P99).word is Word.FAIL


def test_a_short_file_never_passes(imported) -> None:
    verdict = judge(imported(*of_three(0.020, count=150)), P99)

    assert verdict.word is Word.INCONCLUSIVE
    assert verdict.rulings[0].reason is Reason.UNDECIDED


def test_a_warm_up_left_in_the_file_is_set_apart(imported) -> None:
    cold = tuple(0.080 for _ in range(10))
    (process,) = imported((*cold, *latencies(1000, 0.020))).processes

    assert process.steady is True
    assert process.warmup_s[:10] == pytest.approx(cold)
    assert max(process.samples_s) < 0.030
    assert len(process.warmup_s) + len(process.samples_s) == 1010


def test_what_never_became_steady_never_passes(imported) -> None:
    rising = [tuple(0.004 + 0.00002 * n + 0.000001 * seed for n in range(1300)) for seed in range(3)]
    measurement = imported(*rising)

    assert [process.steady for process in measurement.processes] == [False] * 3
    assert judge(measurement, P99).word is Word.INCONCLUSIVE


@pytest.mark.parametrize("key", ["fps", "memory_mib", "load_s", "size_mib", "power_w", "energy_mj"])
def test_what_the_tool_did_not_see_is_not_measured(imported, key) -> None:
    generous = budget_of({key: 0.001 if key == "fps" else 1e6})
    verdict = judge(imported(*of_three(0.020)), generous)

    assert verdict.word is Word.INCONCLUSIVE
    assert verdict.rulings[0].observed is None


def test_nothing_of_the_environment_is_made_up(imported) -> None:
    measurement = imported(latencies(1000, 0.020))
    (process,) = measurement.processes

    assert (measurement.host, measurement.parity, measurement.job.device) == ({}, None, "")
    for name in ("peak_memory_bytes", "threads", "precision", "runtime_version", "telemetry", "strain", "load_s"):
        assert getattr(process, name) is None
    (finding,) = judge(measurement, P99).findings
    assert (finding.name, finding.direction) == ("imported", Direction.VARIES)
    assert (measurement.imported[0].tool, measurement.imported[0].file) == ("trtexec", "times0.json")
    assert len(measurement.imported[0].digest) == 64


def test_figures_without_samples_are_inconclusive_however_good(tmp_path) -> None:
    report = written.DATA / "benchmark_app-2026.4.csv"
    for plan in (Plan(), QUICK):
        measurement = importing.import_files("benchmark_app", [report], plan, None, P99)
        verdict = judge(measurement, P99)

        assert verdict.word is Word.INCONCLUSIVE
        assert verdict.rulings[0].reason is Reason.NO_SAMPLES
        assert "edgeprof check" in " ".join(next_steps(importing.judged(measurement, P99, frozenset(), tmp_path)))


def test_one_process_given_twice_is_refused(tmp_path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(written.trtexec(latencies(100)))
    for paths in ([tmp_path / "a.json"] * 2, [tmp_path / "a.json", tmp_path / "b.json"]):
        with pytest.raises(ConfigError, match=r"holds the same as .*a\.json"):
            importing.import_files("trtexec", paths, Plan())


def test_an_unknown_tool_names_those_that_are_known(tmp_path) -> None:
    with pytest.raises(ConfigError) as raised:
        importing.import_files("perf_analyzer", [tmp_path], Plan())

    assert raised.value.hint == "one of trtexec, ort, benchmark_app"


def test_the_model_is_named_by_its_file_and_then_has_a_size(tmp_path) -> None:
    (tmp_path / "net.plan").write_bytes(b"x" * (3 << 20))
    (tmp_path / "times.json").write_text(written.trtexec(latencies(100)))
    model = str(tmp_path / "net.plan")
    measurement = importing.import_files("trtexec", [tmp_path / "times.json"], Plan(), model)

    assert (measurement.asked, measurement.size_bytes) == (model, 3 << 20)
    assert len(measurement.job.artefact) == 64
    (ruling,) = judge(measurement, budget_of({"size_mib": 2})).rulings
    assert ruling.outcome is Outcome.FAIL


@pytest.fixture
def in_two_files(tmp_path):
    """A model of either kind by its first file; the weights of 2 MiB lie in the second."""
    import numpy as np
    import onnx

    weights = onnx.numpy_helper.from_array(np.ones((1, 1 << 19), np.float32), "weights")
    add = onnx.helper.make_node("Add", ["image", "weights"], ["out"])
    ends = [onnx.helper.make_tensor_value_info(name, 1, [1, 1 << 19]) for name in ("image", "out")]
    graph = onnx.helper.make_graph([add], "graph", ends[:1], ends[1:], [weights])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "net.onnx", save_as_external_data=True, location="net.data")
    (tmp_path / "net.xml").write_text("<net/>")
    (tmp_path / "net.bin").write_bytes(bytes(2 << 20))
    return tmp_path


@pytest.mark.parametrize(("model", "weights"), [("net.onnx", "net.data"), ("net.xml", "net.bin")])
def test_a_models_size_is_that_of_all_its_files(in_two_files, model, weights) -> None:
    (in_two_files / "times.json").write_text(written.trtexec(latencies(100)))

    def of_model():
        return importing.import_files("trtexec", [in_two_files / "times.json"], Plan(), str(in_two_files / model))

    measurement = of_model()

    assert measurement.size_bytes == sum((in_two_files / name).stat().st_size for name in (model, weights))
    (ruling,) = judge(measurement, budget_of({"size_mib": 1})).rulings
    assert ruling.outcome is Outcome.FAIL
    with (in_two_files / weights).open("r+b") as file:
        file.write(b"x")
    assert of_model().job.artefact != measurement.job.artefact


def test_a_processs_own_notes_carry_its_files_name(imported) -> None:
    alike, other = imported(latencies(100, seed=1)).notes, imported(latencies(100), latencies(100, 0.03)).notes

    assert not any("times0.json" in note for note in alike)
    assert sum(note.startswith(("times0.json: medians", "times1.json: medians")) for note in other) == 2
    assert sum("fps is not told" in note for note in other) == 1


def test_it_comes_back_from_its_file_as_it_was(imported) -> None:
    measurement = imported(latencies(1000, 0.020))
    again = load_measurement(dump_measurement(measurement), "saved")

    assert again == measurement
    assert judge(again, P99) == judge(measurement, P99)
    assert replace(again, imported=()) != measurement


def test_what_was_left_out_as_warm_up_is_said(imported) -> None:
    measurement = imported(latencies(4000))
    (process,) = measurement.processes

    assert process.warmup_s
    assert any("left out as warm-up" in note and f"{len(process.warmup_s)} in" in note for note in measurement.notes)
