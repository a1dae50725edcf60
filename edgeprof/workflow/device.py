"""From the device's name to a machine that answers: its target, its agent, and what it has."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeprof.config.load import HERE
from edgeprof.core.errors import ConvertError, RuntimeUnavailable, TargetError
from edgeprof.core.protocol import Order, Task
from edgeprof.targets import Target
from edgeprof.targets.bundle import Bundle, bundle
from edgeprof.targets.conversation import conversation
from edgeprof.targets.local import LocalTarget


@dataclass(frozen=True)
class FoundRuntime:
    """A runtime as the device has it; without a version it is not installed there."""

    name: str
    version: str | None
    precisions: tuple[str, ...]
    install: str


@dataclass(frozen=True)
class Device:
    name: str
    target: Target
    agent: Bundle
    host: dict[str, Any]
    runtimes: tuple[FoundRuntime, ...]
    lock: str

    def runtime(self, name: str) -> FoundRuntime:
        """The runtime of that name, if it can be used."""
        found = next((runtime for runtime in self.runtimes if runtime.name == name), None)
        if found is None:
            known = ", ".join(runtime.name for runtime in self.runtimes)
            raise RuntimeUnavailable(f'unknown runtime "{name}"', f"one of {known}")
        if found.version is None:
            raise RuntimeUnavailable(f"{name} is not installed on {self.name}", found.install)
        return found


@contextmanager
def open_device(name: str, agents: Path, *, is_configured: bool = False) -> Iterator[Device]:
    """Start the agent once to see what is there. A device that cannot be reached is never replaced by this machine."""
    target = _target(name, is_configured=is_configured)
    try:
        agent = _bundled(agents)
        with conversation(target, agent, Order(Task.DESCRIBE)) as events:
            seen = next(event for event in events if event["event"] == "done")
        runtimes = tuple(
            FoundRuntime(r["name"], r["version"], tuple(r["precisions"]), r["install"]) for r in seen["runtimes"]
        )
        yield Device(name, target, agent, seen["host"], runtimes, seen["lock"])
    finally:
        target.close()


def holder(what: str) -> str:
    """How we name ourselves to others who wait for the device."""
    return f"{_user()}@{platform.node()} (process {os.getpid()}, {what})"


def waiting_for(event: Mapping[str, Any]) -> str:
    """What to say when the agent tells that it has to wait."""
    return f"waiting for the device: {event['holder'] or 'another measurement'} holds it"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"user {os.getuid()}"


def _bundled(agents: Path) -> Bundle:
    try:
        return bundle(agents)
    except OSError as error:
        raise ConvertError(
            f'the agent cannot be written to "{agents}": {error.strerror}',
            "set EDGEPROF_CACHE to a folder that you may write, with space in it",
        ) from error


def _target(name: str, *, is_configured: bool) -> Target:
    if name in HERE:
        return LocalTarget()
    if name.startswith(("gpu", "cuda")):
        raise TargetError(
            f'device "{name}": no runtime of this version runs on a gpu', "use --device local for the cpu"
        )
    if is_configured or "@" in name:
        raise TargetError(
            f'device "{name}" is reached over ssh, which this version does not do yet',
            "run edgeprof on the device itself with --device local",
        )
    raise TargetError(
        f'device "{name}" is not configured', "add it under devices: in edgeprof.yaml, or use --device local"
    )
