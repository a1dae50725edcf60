"""Boards for the tests of workflows: this machine in an Orin Nano's dress, and the same across a network."""

from __future__ import annotations

import pytest


@pytest.fixture
def orin(tmp_path, monkeypatch):
    """This machine takes itself for an Orin Nano in 25W, whose tools are scripts."""
    from agent.clocks.stand_ins import StandIns

    board = StandIns(tmp_path)
    monkeypatch.setenv("EDGEPROF_LOCK", str(tmp_path / "lock"))
    for name, value in board.environment.items():
        monkeypatch.setenv(name, value)
    return board


@pytest.fixture
def far_orin(tmp_path, monkeypatch):
    """The same board, and the sshd on it that ssh calls `box`."""
    from agent.clocks.stand_ins import StandIns
    from targets.sshd import Sshd

    board = StandIns(tmp_path / "orin")
    device = Sshd(tmp_path / "device", **board.environment)
    monkeypatch.setenv("EDGEPROF_SSH_CONFIG", str(device.config))
    yield board, device
    device.stop()
