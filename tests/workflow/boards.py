"""This machine dressed as a board: the local target's agents see recorded files, and commands that stand in."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

from edgeprof.convert.cache import Cache
from edgeprof.core.machine import Machine
from edgeprof.devices.load import built_in_folder, read_profile
from edgeprof.workflow.device import open_device
from edgeprof.workflow.workshop import Workshop


class Notes:
    """A progress that keeps what stays."""

    def __init__(self):
        self.said, self.shown = [], []

    def say(self, text):
        self.said.append(text)

    def show(self, text):
        self.shown.append(text)

    def rest(self):
        pass


def a_workshop(folder: Path) -> Workshop:
    return Workshop(Cache(folder / "cache"), folder / "measurements", Notes())


def a_profile(name):
    return read_profile(built_in_folder() / f"{name}.yaml")


def a_machine(profile=None, **values):
    return Machine("local", profile=a_profile(profile) if profile else None, **values)


@contextmanager
def opened(folder, machine):
    """The device and its workshop."""
    workshop = a_workshop(folder)
    with open_device(machine, workshop) as device:
        yield device, workshop
