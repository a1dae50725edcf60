"""The agent as it ships: one archive, started by whatever Python runs the tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from agent.speaking import Agent
from edgeprof.agent import shelf
from edgeprof.targets.bundle import bundle


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("agent")).path


@pytest.fixture
def start(archive: Path, tmp_path: Path) -> Iterator[Callable[[], Agent]]:
    """Start agents that share one device lock; all are ended with the test."""
    started: List[Agent] = []

    def start_one() -> Agent:
        started.append(Agent(archive, tmp_path / "lock"))
        return started[-1]

    yield start_one
    for agent in started:
        agent.close()


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., Path]:
    """A verified file of the shelf's, last used so many days ago."""

    def of(letter: str, size: int = 10, days: float = 0.0) -> Path:
        path = tmp_path / (letter * 64 + "-model.onnx")
        path.write_bytes(b"x" * size)
        os.utime(str(path), ns=(int((shelf.now() - days * 86400) * 1e9), shelf.STAMP_NS))
        return path

    return of
