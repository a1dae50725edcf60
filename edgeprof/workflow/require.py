"""Refuse a device that is not what its profile says, or not as `require` wants it, before anything is exported."""

from __future__ import annotations

from edgeprof.core.errors import TargetError
from edgeprof.core.machine import expect_measurable
from edgeprof.core.profile import Profile
from edgeprof.core.requirement import hints_of, unmet
from edgeprof.workflow.device import Device


def expect_required(device: Device) -> tuple[str, ...]:
    """Notes of what could not be looked at; TargetError names everything that is otherwise than it should be."""
    machine, board = device.machine, device.board
    profile = machine.profile
    expect_measurable(device.name, profile)
    if profile:
        _expect_like(device, profile)
    found = unmet(machine, board)
    if found:
        raise TargetError(f"{device.name}: {'; '.join(one.message for one in found)}", hints_of(found))
    return _notes(device)


def _expect_like(device: Device, profile: Profile) -> None:
    from edgeprof.devices.match import contradictions  # here, since a machine without a profile is like none

    against = contradictions(device.board, profile)
    if against:
        host = device.machine.host
        raise TargetError(
            f"{device.name} is no {profile.title}, as its profile {profile.name} says: {', '.join(against)}"
            f"{_what_it_is(device)}",
            f"edgeprof device probe{f' --host {host}' if host else ''} tells what it is; "
            "then name another profile, or none",
        )


def _notes(device: Device) -> tuple[str, ...]:
    profile, board = device.machine.profile, device.board
    notes = []
    if profile and profile.kind in ("jetson", "raspberry-pi") and board.module is None and board.chip is None:
        notes.append(f"{device.name} does not show what board it is: that it is a {profile.title} was not checked")
    if profile and profile.kind == "gpu" and not board.gpus:
        notes.append(f"{device.name} shows no NVIDIA driver: that it has a {profile.title} was not checked")
    sets_anything = device.machine.power_mode is not None or device.machine.lock_clocks
    if board.hold and not board.hold.is_held and not sets_anything:  # what sets puts it right first, and says so
        undo = " && ".join(board.hold.undo)
        notes.append(f"an earlier hold was not put back: {', '.join(board.hold.changes)}; {undo}")
    return tuple(notes)


def _what_it_is(device: Device) -> str:
    """The profile that fits instead, where one surely does."""
    from edgeprof.devices.match import CERTAIN
    from edgeprof.workflow.likeness import likenesses_of

    best = next(iter(likenesses_of(device.board)), None)
    if best is None:
        return ""
    sure = "it is" if best.sureness == CERTAIN else "it may be"
    return f"; {sure} {best.title} ({best.profile})"
