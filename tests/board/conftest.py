"""Machines to reach over ssh: the emulated ARM board, and this one in a recorded Jetson's dress."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli.shell import Ended, Shell, Started
from targets.sshd import Sshd

from board.dress import dress
from board.dresses import Dress
from board.start import Emulated, emulated

BOARD = Path(os.environ.get("EDGEPROF_BOARD", Path(__file__).resolve().parents[2] / ".board")) / "root"
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Desk:
    """edgeprof at a workstation with one device, which ssh and edgeprof.yaml know by the same name."""

    shell: Shell
    name: str
    config: Path

    def __call__(self, *arguments: object) -> Ended:
        return self.shell(*arguments, EDGEPROF_SSH_CONFIG=self.config)

    def start(self, *arguments: object) -> Started:
        return self.shell.start(*arguments, EDGEPROF_SSH_CONFIG=self.config)

    def configure(self, **keys: object) -> None:
        """The device's entry, beside its address."""
        devices = {self.name: {"host": self.name, **keys}}
        self.shell.write("edgeprof.yaml", json.dumps({"version": 1, "devices": devices}))


@pytest.fixture(scope="session")
def board() -> Iterator[Emulated]:
    with emulated("board", BOARD) as device:
        yield device


@pytest.fixture
def desk(shell: Shell, board: Emulated) -> Desk:
    made = Desk(shell, board.name, board.config)
    made.configure()
    return made


@pytest.fixture
def dressed(shell: Shell, tmp_path: Path) -> Iterator[Callable[[Dress], Desk]]:
    """A desk whose device is this machine, looked at through a Jetson's files and with its programs first."""
    devices = []

    def of(worn: Dress) -> Desk:
        root = tmp_path / "dress"
        dress(root, worn)
        path = f"{root}/usr/bin:{root}/usr/sbin:{SYSTEM}"
        devices.append(Sshd(tmp_path / "device", EDGEPROF_ROOT=root, PATH=path))
        made = Desk(shell, "box", devices[-1].config)
        made.configure()
        return made

    yield of
    for device in devices:
        device.stop()
