"""Have the power mode set and the clocks locked on the device while a block runs, and see both put back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Optional

from edgeprof.core.codec import restore
from edgeprof.core.errors import AgentError, EdgeprofError, TargetError
from edgeprof.core.protocol import Order, Task
from edgeprof.targets.conversation import conversation
from edgeprof.targets.events import Event
from edgeprof.workflow.asking import looked_at_again
from edgeprof.workflow.device import Device, holder, waiting_for
from edgeprof.workflow.progress import Progress

_RESTORED_WITHIN_S = 60.0
_LOOK_S = 0.5


@dataclass(frozen=True)
class _Changed:
    """What the agent has changed, as it tells it."""

    changes: tuple[str, ...]
    clocks_locked: Optional[bool]
    left_behind: tuple[str, ...]
    is_recorded: bool


@contextmanager
def held(
    device: Device, progress: Progress, lock_timeout_s: float | None = None
) -> Iterator[tuple[Device, tuple[str, ...]]]:
    """The device as it is then, and what was changed, for the record. Without anything to set, the device as it is."""
    machine = device.machine
    if machine.power_mode is None and not machine.lock_clocks:
        yield device, ()
        return
    order = Order(
        Task.HOLD,
        holder=holder("power mode and clocks"),
        lock_timeout_s=lock_timeout_s,
        power_mode=machine.power_mode,
        lock_clocks=machine.lock_clocks,
    )
    with _conversation(device, order) as events:
        notes = _notes(_changed(events, progress))
        for note in notes:
            progress.say(note)
        yield looked_at_again(device), notes
    try:
        _await_restored(device, progress)
    except EdgeprofError as error:  # what was measured stands all the same
        progress.say(f"warning: nobody saw whether the device is as it was: {error.message}")


@contextmanager
def _conversation(device: Device, order: Order) -> Iterator[Iterator[Event]]:
    """A refusal of the device's is the target's error, not the agent's."""
    try:
        with conversation(device.target, device.agent, order) as events:
            yield events
    except AgentError as error:
        if error.cause != "clocks":
            raise
        raise TargetError(error.message, error.hint) from error


def _changed(events: Iterator[Event], progress: Progress) -> _Changed:
    for event in events:
        if event["event"] == "waiting":
            progress.say(waiting_for(event))
        elif event["event"] == "ready":
            try:
                return restore(_Changed, event, "ready")
            except ValueError as error:
                raise AgentError(f"the agent spoke garbage: {error}", cause="garbled") from error
    raise AgentError("the agent was done without setting the clocks")


def _notes(done: _Changed) -> tuple[str, ...]:
    notes = [f"{change}, for this measuring" for change in done.changes]
    if done.clocks_locked is False and any("power mode" not in change for change in done.changes):
        notes.append("the clocks do not look locked all the same")
    if done.left_behind:
        notes.append(f"an earlier hold was not put back: {' && '.join(done.left_behind)}")
    if not done.is_recorded:
        notes.append("what is changed could not be recorded on the device: after a power cut nothing tells of it")
    return tuple(notes)


def _await_restored(device: Device, progress: Progress) -> None:
    """The device puts things back by itself; here we only see that it did, and say where it did not."""
    progress.show("waiting for the clocks to be put back")
    deadline = time.monotonic() + _RESTORED_WITHIN_S
    while True:
        hold = looked_at_again(device).board.hold
        if hold is None:
            return
        if not hold.is_held or time.monotonic() >= deadline:
            progress.say(f"warning: not put back on the device: {', '.join(hold.changes)}; {' && '.join(hold.undo)}")
            return
        time.sleep(_LOOK_S)
