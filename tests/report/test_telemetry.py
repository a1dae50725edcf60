import pytest
from builders import a_process, a_telemetry, latencies

from edgeprof.core.answer import Judged
from edgeprof.core.budget import budget_of
from edgeprof.core.measurement import Plan, Process
from edgeprof.report import console, junit, markdown
from edgeprof.report.checks import checks_of
from edgeprof.report.json_report import render_figures
from edgeprof.report.lines import plain
from edgeprof.report.telemetry import facts_of, figures_of, telemetry_lines

from . import scenes
from .goldens import assert_golden


def drawing(*watts: float, **changes: object) -> tuple[Process, ...]:
    return tuple(a_process(latencies(800), telemetry=a_telemetry(each, **changes)) for each in watts)


def a_power_check(*processes: Process, **limits: float) -> Judged:
    return scenes.judged(scenes.a_check(*processes), budget_of({"p99_ms": 33.3, **(limits or {"power_w": 15.0})}))


def test_a_check_with_a_power_budget_reads_as_its_golden() -> None:
    answer = a_power_check(*drawing(9.0, 9.5, 10.25), power_w=15.0, energy_mj=150.0)

    assert_golden("console-power.txt", plain(console.render(answer)))


def test_each_line_has_the_range_over_all_processes_and_its_source() -> None:
    facts = dict(facts_of(scenes.a_check(*drawing(9.0, 10.0, 12.0))))

    assert facts["power"].startswith("mean 9 to 12 W, at most 13.2 W, ")
    assert facts["power"].endswith(" mJ a frame (tegrastats VDD_IN)")
    assert facts["clocks"] == "gpu 612 MHz, cpu 1497 MHz, memory 2133 MHz (tegrastats)"
    assert facts["temperature"] == "tj 48.5 to 54.25 C (tegrastats)"


def test_what_was_not_read_has_no_line() -> None:
    bare = a_telemetry(series={"gpu_hz": (305e6, 612e6)}, sources={})

    assert telemetry_lines(scenes.a_check(), 80) == []
    assert list(facts_of(scenes.a_check(a_process(telemetry=bare)))) == [("clocks", "gpu 305 to 612 MHz")]


def test_a_source_from_elsewhere_cannot_draw_on_the_terminal() -> None:
    hostile = a_telemetry(sources={"power_w": "\x1b[31mred\nlines"})
    text = plain(telemetry_lines(scenes.a_check(a_process(telemetry=hostile)), 80))

    assert "\x1b" not in text
    assert text.count("\n") < 6


def test_programs_get_three_numbers_a_series_and_the_counters() -> None:
    process = a_process([0.02] * 100, telemetry=a_telemetry(10.0, counters={"oc3_event_count": 3}))
    found = figures_of(process, batch=2)

    assert found
    assert (found["seconds"], found["readings"], found["power_w"]) == (10.0, 3, pytest.approx(10.0))
    assert found["energy_a_frame_j"] == pytest.approx(0.1)
    assert found["series"]["temperature_tj_c"] == {
        "mean": pytest.approx(51.6875),
        "min": 48.5,
        "max": 54.25,
        "source": "tegrastats",
    }
    assert found["counters"] == {"oc3_event_count": 3}
    assert figures_of(a_process(), batch=1) is None


def test_the_json_document_carries_it() -> None:
    text = render_figures(scenes.a_check(*drawing(10.0)), "0.1.0")

    assert '"temperature_tj_c"' in text
    assert '"telemetry": null' in render_figures(scenes.a_check(), "0.1.0")


def test_a_limit_on_power_says_what_was_read() -> None:
    (_, power) = checks_of(a_power_check(*drawing(10.0, 10.0, 10.0)))

    assert (power.title, power.limit, power.observed) == ("mean power", "<= 15 W", "10.00 W")
    assert power.notes == ("as read by tegrastats VDD_IN",)


def test_power_that_was_not_read_leaves_the_budget_undecided_and_says_how_to_read_it() -> None:
    answer = a_power_check(*drawing(10.0, 10.0), a_process(latencies(800)))
    text = plain(console.render(answer))

    assert int(answer.exit) == 3
    assert "mean power: no power was read" in text
    assert "chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj" in " ".join(text.split())
    assert "no power was read" in junit.render([answer])
    assert "no power was read" in markdown.render([answer])


def test_too_much_power_is_a_fail_with_a_way_to_less() -> None:
    answer = a_power_check(*drawing(30.0), power_w=15.0)

    assert "--power-mode" in plain(console.render(answer))
    assert "observed 30.00 W" in junit.render([answer])


def test_how_the_peak_was_found_is_said_on_a_board_with_one_memory() -> None:
    unified = a_process(memory_scope="unified", memory_method="nvmap + VmHWM")
    text = plain(console.render(scenes.judged(scenes.a_check(unified, plan=Plan(1)))))

    assert "peak of the one memory that host and device share, by nvmap + VmHWM" in " ".join(text.split())
