"""`edgeprof device probe`: what a machine is, which profile it fits, and what it lacks."""

from __future__ import annotations

import re
from shlex import quote

from edgeprof.core.machine import Machine
from edgeprof.core.probe import Likeness, Probe
from edgeprof.devices.match import POSSIBLE, contradictions
from edgeprof.workflow.device import Device, is_worth_telling, open_device
from edgeprof.workflow.likeness import likenesses_of, word_for
from edgeprof.workflow.missing import missing_on
from edgeprof.workflow.workshop import Workshop


def probe(machine: Machine, workshop: Workshop, configured: str | None = None) -> Probe:
    """Ask the device; nothing is measured, and nothing installed. `configured` says where its entry is."""
    workshop.progress.show(f"asking {machine.name}")
    with open_device(machine, workshop) as device:
        return probe_of(device, configured)


def probe_of(device: Device, configured: str | None = None) -> Probe:
    machine, board = device.machine, device.board
    likenesses = likenesses_of(board, machine.profile)
    against = contradictions(board, machine.profile) if machine.profile else ()
    profile = word_for(machine.profile) if machine.profile and not against else _surest(likenesses)
    keys = {"host": machine.host, "profile": profile, "python": machine.python}
    return Probe(
        device=machine.name,
        host=device.host,
        board=board,
        runtimes=tuple((runtime.name, runtime.version) for runtime in filter(is_worth_telling, device.runtimes)),
        likenesses=likenesses,
        contradictions=against,
        missing=missing_on(board, device.host, device.runtimes, machine),
        add=_add(machine, profile) if machine.host and configured is None else None,
        configured=configured,
        entry={key: value for key, value in keys.items() if value},
    )


def _surest(likenesses: tuple[Likeness, ...]) -> str | None:
    """Nobody guesses between two that are only possible."""
    best = next(iter(likenesses), None)
    return best.profile if best and (best.sureness != POSSIBLE or len(likenesses) == 1) else None


def _add(machine: Machine, profile: str | None) -> str:
    words = ["edgeprof device add", name_for(machine), f"--host {machine.host}"]
    words += [f"--profile {quote(profile)}"] if profile else []
    words += [f"--python {quote(machine.python)}"] if machine.python else []
    return " ".join(words)


def name_for(machine: Machine) -> str:
    """Its own name where that is one, else a word made of its address: box of ssh://user@box.lab:2222."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", machine.name):
        return machine.name
    address = machine.name.rpartition("//")[2].rpartition("@")[2].partition(":")[0]
    word = address.partition(".")[0]
    return word if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", word) else "NAME"
