"""Locked clocks on machines without jetson_clocks: the cpufreq governor, by tee."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, List

import pytest

from agent.board.trees import write
from agent.clocks.stand_ins import StandIns, hear, kill, until
from agent.speaking import Agent
from edgeprof.core.protocol import Order, Task

CPU = "sys/devices/system/cpu"


@pytest.fixture
def machine(board: StandIns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """An ordinary one: three cores in two groups."""
    board.root = tmp_path / "ordinary"
    monkeypatch.setenv("EDGEPROF_ROOT", str(board.root))
    governors = {"policy0": "schedutil\n", "policy2": "powersave\n"}
    write(board.root, {f"{CPU}/cpufreq/{name}/scaling_governor": text for name, text in governors.items()})
    for core, policy in (("cpu0", "policy0"), ("cpu1", "policy0"), ("cpu2", "policy2")):
        (board.root / CPU / core).mkdir()
        (board.root / CPU / core / "cpufreq").symlink_to(f"../cpufreq/{policy}")
    return board


def governors(machine: StandIns) -> List[str]:
    return [(machine.root / CPU / core / "cpufreq/scaling_governor").read_text().strip() for core in ("cpu0", "cpu2")]


def ask(start: Callable[[], Agent]) -> Agent:
    agent = start()
    agent.ask(Order(Task.HOLD, holder="the test", lock_clocks=True))
    return agent


def test_every_group_of_cores_is_set_and_gets_its_own_governor_back(
    start: Callable[[], Agent], machine: StandIns
) -> None:
    agent = ask(start)
    ready = hear(agent, "ready")

    assert ready["changes"] == ["cpu governor performance instead of powersave/schedutil"]
    assert ready["clocks_locked"] is True
    assert governors(machine) == ["performance", "performance"]
    kill(agent.process.pid)
    assert until(lambda: governors(machine) == ["schedutil", "powersave"])
    assert until(lambda: not machine.leftovers)


def test_sudo_is_to_be_allowed_for_these_very_files(start: Callable[[], Agent], machine: StandIns) -> None:
    machine.note("password")
    error = hear(ask(start), "error")

    files = " ".join(f"{machine.root}/{CPU}/cpufreq/{policy}/scaling_governor" for policy in ("policy0", "policy2"))
    assert f"tee {files}" in error["hint"]
    assert "NOPASSWD: " in error["hint"]
    assert f"echo performance | sudo tee {files}" in error["hint"]


def test_a_machine_without_clocks_says_so(
    start: Callable[[], Agent], board: StandIns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEPROF_ROOT", str(tmp_path / "nothing"))
    error = hear(ask(start), "error")

    assert "shows no cpufreq" in error["message"]
    assert "--lock-clocks" in error["hint"]


def test_a_machine_without_modes_says_so(start: Callable[[], Agent], machine: StandIns) -> None:
    agent = start()
    agent.ask(Order(Task.HOLD, holder="the test", power_mode="MAXN"))
    error = hear(agent, "error")

    assert "this device has no power modes" in error["message"]
