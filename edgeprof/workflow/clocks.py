"""Have the power mode set and the clocks locked on the device while a block runs, and see both put back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from edgeprof.core.codec import restore
from edgeprof.core.errors import AgentError, EdgeprofError, TargetError
from edgeprof.core.protocol import Order, Task
from edgeprof.core.requirement import missed, required
from edgeprof.targets.conversation import conversation
from edgeprof.targets.events import Event
from edgeprof.workflow.asking import looked_at_again
from edgeprof.workflow.device import Device, holder, waiting_for
from edgeprof.workflow.progress import Progress

_RESTORED_WITHIN_S = 60.0
_ENDS_WITHIN_S = 4.5  # the same of one that was told to end, from then on
_LOOK_S = 0.5


@dataclass(frozen=True)
class _Changed:
    """What the agent has changed, as it tells it."""

    changes: tuple[str, ...]
    put_right: tuple[str, ...]
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
    is_set = False
    deadline: float | None = None
    try:
        with _conversation(device, order) as events:
            notes = _notes(_changed(events, progress))
            is_set, losses = True, device.target.losses
            for note in notes:
                progress.say(note)
            try:
                as_asked = replace(looked_at_again(device), losses=losses)
                _expect_taken(as_asked)
                yield as_asked, notes
            except BaseException as error:
                if not isinstance(error, Exception):  # a signal's: whoever sent it waits
                    deadline = time.monotonic() + _ENDS_WITHIN_S
                raise
    finally:
        if is_set:
            _see_restored(device, progress, deadline or time.monotonic() + _RESTORED_WITHIN_S)


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
    if done.put_right:
        notes.append(f"put back what an earlier hold had left: {', '.join(done.put_right)}")
    if not done.is_recorded:
        notes.append("what is changed could not be recorded on the device: after a power cut nothing tells of it")
    return tuple(notes)


def _expect_taken(device: Device) -> None:
    found = missed(required(device.machine, device.board), device.board, device.name)
    if found:
        raise TargetError(
            f"{device.name} was set as asked, and is not so: {'; '.join(one.message for one in found)}",
            f"edgeprof doctor --device {device.name} tells how it is now",
        )


def _see_restored(device: Device, progress: Progress, deadline: float) -> None:
    """The device puts things back by itself; here we only see that it did, and say where it did not."""
    progress.show("waiting for the clocks to be put back")
    found: list[str | None] = []
    # On a link that hangs the asking itself has no end soon enough.
    asking = threading.Thread(target=lambda: found.append(_what_is_left(device, deadline)), daemon=True)
    asking.start()
    asking.join(max(0.0, deadline - time.monotonic()))
    warning = found[0] if found else "nobody saw in time whether the device is as it was"
    if warning:
        progress.say(f"warning: {warning}")


def _what_is_left(device: Device, deadline: float) -> str | None:
    while True:
        try:
            hold = looked_at_again(device).board.hold
        except EdgeprofError as error:  # what was measured stands all the same
            return f"nobody saw whether the device is as it was: {error.message}"
        if hold is None:
            return None
        if not hold.is_held or time.monotonic() + 2 * _LOOK_S >= deadline:
            not_yet = "not yet put back" if hold.is_held else "not put back"
            return f"{not_yet} on the device: {', '.join(hold.changes)}; {' && '.join(hold.undo)}"
        time.sleep(_LOOK_S)
