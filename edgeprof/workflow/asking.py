"""Ask a device that is open already: how it is now, and once more where the link broke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from edgeprof.core.board import Board
from edgeprof.core.codec import restore
from edgeprof.core.errors import AgentError
from edgeprof.core.protocol import Order, Task
from edgeprof.targets.conversation import conversation
from edgeprof.workflow.device import Device, host_told
from edgeprof.workflow.progress import Progress

Told = TypeVar("Told")


def with_second_chance(ask: Callable[[], Told], progress: Progress) -> Told:
    """What an agent tells; a link that breaks meanwhile is made anew once."""
    try:
        return ask()
    except AgentError as error:
        if error.cause != "lost":
            raise
        progress.say(f"{error.message}: trying again")
        return ask()


def host_now(device: Device) -> dict[str, Any]:
    """Its facts, from an agent that is started for them."""
    with conversation(device.target, device.agent, Order(Task.DESCRIBE)) as events:
        seen = next((event for event in events if event["event"] == "done"), None)
    try:
        return host_told(seen or {}, device.target)
    except (KeyError, TypeError, ValueError) as error:
        raise AgentError(f"{device.name} describes itself in no way we know: {error}", cause="garbled") from error


def looked_at_again(device: Device) -> Device:
    """The same device with its facts as they are now."""
    host = host_now(device)
    try:
        return replace(device, host=host, board=restore(Board, host["board"], "board"))
    except (KeyError, ValueError) as error:
        raise AgentError(f"{device.name} describes itself in no way we know: {error}", cause="garbled") from error
