from dataclasses import replace

from builders import a_process, latencies

from edgeprof.core.measurement import Ended, Imported
from edgeprof.report import figures
from edgeprof.report.lines import plain

from . import scenes
from .goldens import assert_golden


def text_of(*processes, percents=figures.PERCENTS) -> str:
    return plain(figures.render(scenes.a_check(*processes), percents))


def test_figures_read_as_their_golden() -> None:
    processes = (a_process(latencies(200)), a_process(latencies(400, 0.021)))

    assert_golden("figures.txt", plain(figures.render(scenes.a_check(*processes), saved_at="measurement.json")))


def test_the_least_samples_of_a_95_percent_bound_are_the_known_ones() -> None:
    assert [figures.least_samples(percent) for percent in (50, 90, 95, 99)] == [5, 29, 59, 299]


def test_298_samples_are_too_few_for_p99_and_299_are_enough() -> None:
    assert "p99 has no 95 % upper bound below 299 samples a process, 298" in text_of(a_process(latencies(298)))
    assert "upper bound" not in text_of(a_process(latencies(299)))


def test_the_percentiles_are_those_asked_for() -> None:
    text = text_of(a_process(), percents=(75.0, 99.9))

    assert "p75 ms" in text
    assert "p99.9 ms" in text
    assert "p90 ms" not in text


def test_a_models_name_out_of_another_tools_file_writes_no_escape_codes() -> None:
    measurement = replace(
        scenes.a_check(a_process()), asked="a\x1b[31mb", imported=(Imported("trtexec", "times.json", "00"),)
    )

    assert "\x1b" not in plain(figures.render_figures_alone(measurement))
    assert "\x1b" not in plain(figures.render(measurement))


def test_there_is_no_verdict() -> None:
    text = text_of(a_process())

    assert not any(word in text for word in ("PASS", "FAIL", "INCONCLUSIVE", "exit"))


def test_a_process_that_ended_early_or_was_not_steady_is_noted() -> None:
    text = text_of(a_process(latencies(300), ended=Ended.KILLED, message="signal 9", steady=False))

    assert "process 1 ended early, killed: signal 9" in text
    assert "process 1 never became steady" in text


def test_a_process_without_samples_has_unknown_figures() -> None:
    lines = text_of(a_process((), ended=Ended.CRASHED), a_process()).splitlines()

    assert next(line for line in lines if "min ms" in line)
    assert any(line.split() == ["1", *"-------"] for line in lines)
