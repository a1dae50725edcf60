"""This machine in a recorded Jetson's dress, over a loopback sshd: what edgeprof finds is what the board would say.

The files and the lines of tegrastats are the board's; the processor, the Python and the speed are this machine's. So
detection, matching and telemetry are proved end to end, and nothing about a Jetson's runtimes or its latencies.
"""

from __future__ import annotations

import json
import re

import pytest

from board.dresses import AGX_ORIN, DRESSES, ORIN_NANO

pytestmark = [pytest.mark.ssh, pytest.mark.slow]

EVERY = [pytest.param(worn, id=name) for name, worn in DRESSES.items()]
MEASURE = ("--device", "box", "--warmup", "5it", "--duration", "3s")
QUICK = ("--device", "box", "--quick", "--p99", "100")


@pytest.mark.parametrize("worn", EVERY)
def test_a_probe_tells_the_board_its_software_and_its_power_mode(dressed, worn):
    desk = dressed(worn)
    ended = desk("device", "probe", "box", "--json", "-")
    assert ended.code == 0, ended.err
    probe = json.loads(ended.out)
    found = probe["board"]
    assert found["kind"] == "jetson"
    assert found["module"] in worn.compatible[0]
    assert (found["jetpack"], found["tensorrt"], found["cuda"]) == (worn.jetpack, worn.tensorrt, worn.cuda)
    assert found["power_mode"] == worn.mode_name
    assert found["power_modes"] == [mode.name for mode in worn.modes]
    assert found["clocks_locked"] is False
    assert probe["likenesses"][0]["profile"] == worn.profile
    assert probe["likenesses"][0]["sureness"] == "certain"


@pytest.mark.parametrize("worn", EVERY)
def test_a_measurement_records_what_tegrastats_said(dressed, worn):
    desk = dressed(worn)
    ended = desk("measure", desk.shell.fake(latency_ms=10, real=True), *MEASURE)
    assert ended.code == 0, ended.out + ended.err
    (process,) = desk.shell.saved()[0].processes
    telemetry = process.telemetry
    assert process.power_mode == worn.mode_name
    for rail in rails_w(worn.lines[0]):
        seen = {round(value, 6) for _, value in telemetry.readings(f"power_{rail.lower()}_w")}
        assert seen == {rails_w(line)[rail] for line in worn.lines}
    assert telemetry.sources["power_w"].startswith("tegrastats")
    assert within(telemetry.power_w, [power_w(line) for line in worn.lines])
    assert within(telemetry.highest("temperature_cpu_c"), [cpu_c(line) for line in worn.lines])


def rails_w(line: str) -> dict[str, float]:
    return {name: int(mw) / 1000 for name, mw in re.findall(r" (\w+) (\d+)mW/", line)}


def power_w(line: str) -> float:
    """The rail that holds the others where the board has one, else all of them."""
    rails = rails_w(line)
    return rails.get("VDD_IN", sum(rails.values()))


def cpu_c(line: str) -> float:
    (found,) = re.findall(r" (?:cpu|CPU)@([\d.]+)C", line)
    return float(found)


def within(value: float, bounds: list[float]) -> bool:
    return min(bounds) - 1e-6 <= value <= max(bounds) + 1e-6


def test_a_board_other_than_the_profile_says_is_no_device_for_it(dressed):
    desk = dressed(ORIN_NANO)
    desk.configure(profile="agx-orin-64gb")
    ended = desk("check", desk.shell.fake(latency_ms=10), *QUICK)
    assert ended.code == 4
    assert "agx-orin-64gb" in ended.err
    assert "orin-nano-8gb" in ended.err


@pytest.mark.parametrize(("mode", "code"), [("MAXN", 0), ("MODE_30W", 4)])
def test_a_required_power_mode_is_looked_up(dressed, mode, code):
    desk = dressed(AGX_ORIN)
    desk.configure(require={"power_mode": mode})
    ended = desk("check", desk.shell.fake(latency_ms=10), *QUICK)
    assert ended.code == code, ended.out + ended.err
    assert mode in ended.out + ended.err or code == 0


@pytest.mark.parametrize(("most_w", "code"), [(9, 0), (8, 1)])
def test_a_budget_on_power_is_judged_by_the_boards_own_rails(dressed, most_w, code):
    desk = dressed(AGX_ORIN)
    desk.configure(budget={"power_w": most_w})
    ended = desk("check", desk.shell.fake(latency_ms=10, real=True), *QUICK)
    assert ended.code == code, ended.out + ended.err
    assert "8.726 W" in ended.out
