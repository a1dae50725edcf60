"""From the device's name to a machine that answers: its target, its agent, and what it has."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from shlex import quote
from typing import Any, Optional

from edgeprof.agent.runtimes import ON_CARDS, ORT_ON_CARDS, OTHERS_ON_CARDS, PLANNED
from edgeprof.core.board import Board
from edgeprof.core.codec import restore
from edgeprof.core.errors import AgentError, ConvertError, RuntimeUnavailable, TargetError
from edgeprof.core.host import Host
from edgeprof.core.machine import HERE, Machine
from edgeprof.core.protocol import Order, Task
from edgeprof.targets import Target
from edgeprof.targets.bundle import Bundle, bundle
from edgeprof.targets.conversation import conversation
from edgeprof.targets.events import Event
from edgeprof.targets.local import LocalTarget
from edgeprof.workflow.installing import has_tensorrt_wheels, packages_of, pip_command, tensorrt_command
from edgeprof.workflow.progress import Progress
from edgeprof.workflow.workshop import Workshop

_LONGEST_HELD_S = 1e9  # more is a clock that began in 1970 and was set since


@dataclass(frozen=True)
class FoundRuntime:
    """A runtime as the device has it; without a version it is not installed there."""

    name: str
    version: Optional[str]  # the codec reads it
    precisions: tuple[str, ...]
    install: str
    lack: Optional[str] = None  # what it needs besides, and the device has not: a card, its driver
    remedy: Optional[str] = None

    @property
    def is_usable(self) -> bool:
        return self.version is not None and self.lack is None


def is_worth_telling(runtime: FoundRuntime) -> bool:
    """Where no card is, nobody misses the other runtimes of cards."""
    return runtime.name != "fake" and (runtime.is_usable or runtime.name not in OTHERS_ON_CARDS)


@dataclass(frozen=True)
class Device:
    name: str
    target: Target
    agent: Bundle
    host: dict[str, Any]  # as it was told, for the record
    runtimes: tuple[FoundRuntime, ...]
    lock: str  # in words
    machine: Machine = field(default_factory=lambda: Machine("local"))
    board: Board = field(default_factory=Board)
    losses: int = 0  # of its link, by the time that its power mode and clocks were set

    @property
    def facts(self) -> Host:
        """Of what was told, what is computed with."""
        return restore(Host, self.host, "host")

    def install(self, runtime: FoundRuntime) -> str:
        """The command that brings a runtime, for the interpreter that its agent runs under."""
        if runtime.name == "tensorrt" and not has_tensorrt_wheels(self.board, self.host):
            return tensorrt_command(self.board)
        if runtime.install == ORT_ON_CARDS and self.host.get("machine") == "aarch64":
            return "install the onnxruntime-gpu that NVIDIA builds for this JetPack"  # no index has one
        return pip_command(packages_of(runtime.install, self.host), self.host, self.machine)

    def runtime(self, name: str) -> FoundRuntime:
        """The runtime of that name, if it can be used."""
        found = next((runtime for runtime in self.runtimes if runtime.name == name), None)
        if found is None:
            known = ", ".join(runtime.name for runtime in self.runtimes)
            raise RuntimeUnavailable(f'unknown runtime "{name}"', f"one of {known}")
        if found.version is None:
            if name in ON_CARDS and not self.board.has_gpu:
                message = f"{name} is not installed on {self.name}, and no driver of a card is seen there"
                raise RuntimeUnavailable(message, "install NVIDIA's driver first, or name another --runtime")
            raise RuntimeUnavailable(f"{name} is not installed on {self.name}", self.install(found))
        if found.lack:
            library = found.version if found.version.startswith(PLANNED) else f"{name} {found.version}"
            raise RuntimeUnavailable(f"{library} cannot run on {self.name}: {found.lack}", found.remedy)
        return found


@contextmanager
def open_device(
    machine: Machine, workshop: Workshop, wait_s: float | None = None, wanted: tuple[str, ...] = ()
) -> Iterator[Device]:
    """Start the agent once to see what is there. A device that cannot be reached is never replaced by this machine.

    `wait_s`: how long one may take that starts up. `wanted`: the runtimes that may be used; empty: any.
    """
    target = target_of(machine, workshop.progress, wait_s)
    try:
        agent = _bundled(workshop)
        with conversation(target, agent, Order(Task.DESCRIBE, wanted=wanted)) as events:
            seen = next(event for event in events if event["event"] == "done")
        yield _device(machine, target, agent, seen)
    finally:
        target.close()


def target_of(machine: Machine, progress: Progress, wait_s: float | None = None) -> Target:
    """The way to a machine; nothing is connected yet."""
    if machine.host is not None:
        from edgeprof.targets.ssh import SshTarget  # here, since a check of this machine needs none of it

        return SshTarget(
            machine.host,
            name=machine.name,
            python=machine.interpreter,
            wait_s=wait_s or 0.0,
            show=progress.show,
            say=progress.say,
        )
    if machine.name in HERE or machine.card is not None:
        return LocalTarget(machine.python) if machine.python else LocalTarget()
    raise _no_way_to(machine)


def holder(what: str) -> str:
    """How we name ourselves to others who wait for the device."""
    return f"{_user()}@{platform.node()} (process {os.getpid()}, {what})"


def waiting_for(event: Mapping[str, Any]) -> str:
    """What to say when the agent tells that it has to wait."""
    return f"waiting for the device: {_held(event)}"


def tell_of_wait(event: Event, progress: Progress) -> None:
    """What any task may wait for before it begins: the device, and a plan. Of other events nothing."""
    if event["event"] == "waiting":
        progress.say(waiting_for(event))
    elif event["event"] == "building":
        progress.show(f"building {event.get('words')}")


def _held(told: Mapping[str, Any]) -> str:
    name = " ".join(str(told["holder"] or "").split())  # whoever holds it wrote what they liked
    return f"{name or 'another measurement'} holds it{_since(told.get('held_s'))}"


def _lock_told(told: Mapping[str, Any]) -> str:
    """Where the lock is, and who holds it while the device is looked at."""
    return f"{told['path']}" if told["holder"] is None else f"{told['path']}: {_held(told)}"


def _since(held_s: object) -> str:
    if not isinstance(held_s, (int, float)) or not 0 <= held_s < _LONGEST_HELD_S:
        return ""
    return f", for {_duration(held_s)} now"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"user {os.getuid()}"


def host_told(event: Event, target: Target) -> dict[str, Any]:
    """What an agent tells of its machine, for the record; any of KeyError, TypeError, ValueError where it is none."""
    host = {**event["host"], **target.facts}
    restore(Host, host, "host")
    if host.get("board"):
        restore(Board, host["board"], "board")
    return host


def _bundled(workshop: Workshop) -> Bundle:
    agents = workshop.agents
    workshop.cache.expect_ours()  # the agent is executed here, and sent to devices
    try:
        return bundle(agents)
    except OSError as error:
        raise ConvertError(
            f'the agent cannot be written to "{agents}": {error.strerror}',
            "set EDGEPROF_CACHE to a folder that you may write, with space in it",
        ) from error


def _device(machine: Machine, target: Target, agent: Bundle, seen: Event) -> Device:
    try:
        runtimes = tuple(restore(FoundRuntime, told, "runtime") for told in seen["runtimes"])
        host = host_told(seen, target)
        board = restore(Board, host["board"], "board") if host.get("board") else Board()
        return Device(machine.name, target, agent, host, runtimes, _lock_told(seen["lock"]), machine, board)
    except (KeyError, TypeError, ValueError) as error:
        raise AgentError(f"{machine.name} describes itself in no way we know: {error}", cause="garbled") from error


def _no_way_to(machine: Machine) -> TargetError:
    from edgeprof.workflow.likeness import word_for

    name = machine.name
    profile = f" --profile {quote(word_for(machine.profile))}" if machine.profile else ""
    own = "NAME" if machine.profile and machine.profile.name == name else name
    return TargetError(
        f'device "{name}" has no address',
        f"edgeprof device add {own} --host user@address{profile}, or --device local for this machine",
    )
