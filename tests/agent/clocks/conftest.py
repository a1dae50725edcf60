"""A board of stand-ins that this process and every agent it starts take for the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.clocks.stand_ins import StandIns


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    made = StandIns(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made
