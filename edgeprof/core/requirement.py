"""Whether a board is as its machine's `require` wants it, and what has to be run on it where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional, Tuple, Union

from edgeprof.core.board import Board
from edgeprof.core.machine import Machine


@dataclass(frozen=True)
class Unmet:
    """What is required and is not so; `hint` is a command for the device, or a key to change."""

    message: str
    hint: str


def unmet(machine: Machine, board: Board) -> Tuple[Unmet, ...]:
    """Everything required that is not so, or that nobody can tell; what this very command sets counts as set."""
    return tuple(
        found
        for key, check in (("power_mode", _power_mode), ("jetpack", _jetpack), ("clocks_locked", _clocks_locked))
        if key in machine.require
        for found in check(machine.require[key], machine, board)
    )


def is_version(found: str, wanted: str) -> bool:
    """6.2 is 6.2.1 as well, and neither 6.20 nor an early 6.2 EA."""
    parts, most = found.split("."), wanted.split(".")
    return parts[: len(most)] == most


def mode_command(board: Board, mode: str) -> str:
    """What sets a mode, with the number that it has on this very device."""
    number = next((n for name, n in board.power_mode_ids.items() if name.lower() == mode.lower()), None)
    if number is not None:
        return f"sudo nvpmodel -m {number}"
    known = ", ".join(board.power_modes)
    return f"this device has {known}" if known else "leave power_mode out: this device shows no power modes"


def lock_command(board: Board) -> str:
    return "sudo jetson_clocks" if board.kind == "jetson" else "sudo cpupower frequency-set -g performance"


def _power_mode(wanted: Union[str, bool], machine: Machine, board: Board) -> Iterator[Unmet]:
    asked = machine.power_mode
    if asked is not None:
        if asked.lower() != str(wanted).lower():
            yield Unmet(f"power mode {wanted} is required, and {asked} is to be set", f"--power-mode {wanted}")
        return
    if (board.power_mode or "").lower() != str(wanted).lower():
        seen = f"the device is in {board.power_mode}" if board.power_mode else "the device does not say which it is in"
        yield Unmet(f"power mode {wanted} is required, and {seen}", mode_command(board, str(wanted)))


def _jetpack(wanted: Union[str, bool], machine: Machine, board: Board) -> Iterator[Unmet]:
    if board.jetpack is None:
        yield Unmet(
            f"JetPack {wanted} is required, and {_without_jetpack(board)}", f"change {_key(machine, 'jetpack')}"
        )
    elif not is_version(board.jetpack, str(wanted)):
        yield Unmet(
            f"JetPack {wanted} is required, and the device has {board.jetpack}",
            f"install it with NVIDIA's SDK Manager, or change {_key(machine, 'jetpack')}",
        )


def _without_jetpack(board: Board) -> str:
    return f"which one L4T {board.l4t} belongs to is not known" if board.l4t else "the device has none"


def _clocks_locked(wanted: Union[str, bool], machine: Machine, board: Board) -> Iterator[Unmet]:
    if machine.lock_clocks:
        if wanted is False:
            yield Unmet("clocks that are not locked are required, and --lock-clocks locks them", "leave it out")
        return
    if board.clocks_locked == wanted:
        return
    if wanted is False:
        hint = "sudo jetson_clocks --restore, or reboot the device"
        if board.clocks_locked:
            yield Unmet("clocks that are not locked are required, and they are", hint)
        return  # what shows no clocks has none that are locked
    seen = "the device does not show them" if board.clocks_locked is None else "they are not"
    yield Unmet(f"locked clocks are required, and {seen}", f"{lock_command(board)}, or --lock-clocks")


def _key(machine: Machine, name: str) -> str:
    return f"devices.{machine.name}.require.{name}"


def hints_of(found: Tuple[Unmet, ...]) -> Optional[str]:
    """All of them in one line."""
    return "; ".join(dict.fromkeys(one.hint for one in found)) or None
