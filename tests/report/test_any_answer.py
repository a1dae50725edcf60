"""Whatever was measured and however it was named, every report is made, and machines can read theirs."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from builders import a_process
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprof.core.answer import Refused
from edgeprof.core.budget import budget_of
from edgeprof.core.exits import Exit
from edgeprof.core.measurement import Ended, Plan
from edgeprof.core.telemetry import Telemetry
from edgeprof.report import console, figures, github, json_report, junit, markdown
from edgeprof.report.lines import plain, styled

from . import scenes

_LATENCIES = st.floats(min_value=0, max_value=1e30, allow_nan=False) | st.floats(min_value=1e-7, max_value=2.0)
_SAMPLES = st.lists(_LATENCIES, max_size=60) | st.builds(lambda x, n: [x] * n, _LATENCIES, st.integers(0, 1200))
_NAMES = st.text(st.characters(), max_size=40)
_VALUES = st.none() | st.floats(allow_nan=False)
_SERIES = st.sampled_from(
    ["power_w", "energy_j", "gpu_hz", "cpu_hz", "temperature_tj_c", "zones_at_limit", "throttled_bits"]
)
_TELEMETRY = st.builds(
    Telemetry,
    st.floats(0, 1e9),
    st.lists(st.floats(allow_nan=False), max_size=4).map(tuple),
    st.dictionaries(_SERIES | _NAMES, st.lists(_VALUES, max_size=4).map(tuple), max_size=4),
    st.dictionaries(_SERIES, _NAMES, max_size=3),
    st.dictionaries(st.sampled_from(["oc3_event_count", "throttled_bits_after"]) | _NAMES, st.integers(), max_size=2),
)


@st.composite
def processes(draw):
    return a_process(
        draw(_SAMPLES),
        ended=draw(st.sampled_from(Ended)),
        steady=draw(st.sampled_from([True, False, None])),
        load_s=draw(st.none() | st.floats(1e-6, 1e6)),
        peak_memory_bytes=draw(st.none() | st.integers(1, 1 << 50)),
        first_inference_s=draw(st.none() | _LATENCIES),
        message=draw(st.none() | _NAMES),
        telemetry=draw(st.none() | _TELEMETRY),
        memory_method=draw(st.none() | _NAMES),
        power_mode=draw(st.none() | _NAMES),
    )


@st.composite
def answers(draw):
    name = draw(_NAMES)
    if draw(st.integers(0, 5)) == 0:
        return Refused(name, draw(_NAMES), draw(st.none() | _NAMES), draw(st.sampled_from(Exit)))
    measurement = replace(
        scenes.a_check(*draw(st.lists(processes(), min_size=1, max_size=3)), plan=Plan(draw(st.integers(1, 3)))),
        asked=name,
        notes=(draw(_NAMES),),
    )
    limits = {"p99_ms": 33.3, "fps": 30.0, "memory_mib": 100.0, "p50_ms": 1e-5, "load_s": 1.0, "size_mib": 1e9}
    limits |= {"power_w": 10.0, "energy_mj": 100.0}
    keys = draw(st.lists(st.sampled_from(sorted(limits)), min_size=1, unique=True))
    return scenes.judged(measurement, budget_of({key: limits[key] for key in keys}))


def _fails(constant: str) -> None:
    pytest.fail(f"{constant} is not JSON")


@settings(max_examples=150)
@given(answers(), st.integers(40, 120))
def test_any_answer_is_reported_in_every_format(answer, width: int) -> None:
    lines = console.render(answer, width=width)
    for text in (plain(lines), plain(lines, "ascii"), styled(lines).plain, plain(console.render(answer, quiet=True))):
        assert text.strip()
        assert all(c == "\n" or c.isprintable() for c in text)
    assert plain(lines, "ascii").isascii()

    check = json.loads(json_report.render([answer], "0.1.0"), parse_constant=_fails)["checks"][0]
    assert check["exit"] == answer.exit

    root = ET.fromstring(junit.render([answer]).encode())
    assert len(list(root.iter("testcase"))) == int(root.get("tests", "0")) > 0

    markdown.render([answer]).encode("utf-8", "strict")
    assert all(len(line.splitlines()) == 1 for line in github.annotations(answer))


@settings(max_examples=60)
@given(st.lists(processes(), min_size=1, max_size=2), st.lists(st.floats(0.1, 99.99), max_size=5))
def test_any_measurement_has_figures(found, percents) -> None:
    measurement = scenes.a_check(*found)

    assert plain(figures.render(measurement, percents)).strip()
    assert len(json.loads(json_report.render_figures(measurement, "0.1.0", percents))["processes"]) == len(found)
