"""Whether a board is as its machine's `require` wants it, and what has to be run on it where it is not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Iterator, Optional, Tuple

from edgeprof.core.board import Board
from edgeprof.core.machine import Machine
from edgeprof.core.measurement import Required


@dataclass(frozen=True)
class Unmet:
    """What is required and is not so; `hint` is a command for the device, or a key to change."""

    message: str
    hint: str


def required(machine: Machine, board: Board) -> Required:
    """What has to be so while it is measured: what `require` says, and what this very command sets and one can see."""
    mode, jetpack, locked = (machine.require.get(key) for key in ("power_mode", "jetpack", "clocks_locked"))
    is_set = machine.lock_clocks and board.clocks_locked is not None
    return Required(
        power_mode=machine.power_mode or (None if mode is None else str(mode)),
        jetpack=None if jetpack is None else str(jetpack),
        clocks_locked=True if is_set or locked is True else None if locked is None else False,
    )


def unmet(machine: Machine, board: Board) -> Tuple[Unmet, ...]:
    """Everything required that is not so, or that nobody can tell; what this very command sets counts as set."""
    still = required(replace(machine, power_mode=None, lock_clocks=False), board)
    if machine.power_mode is not None:
        still = replace(still, power_mode=None)
    if machine.lock_clocks:
        still = replace(still, clocks_locked=None)
    return (*_contradicted(machine), *missed(still, board, machine.name))


def missed(wanted: Required, board: Board, name: str) -> Tuple[Unmet, ...]:
    """The same of a board as it is, whoever set it; `name` is the device's in edgeprof.yaml."""
    return (*_power_mode(wanted, board), *_jetpack(wanted, board, name), *_clocks_locked(wanted, board))


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
    if board.clocks_locked is None and board.kind != "jetson":
        return "leave clocks_locked out: this device shows no clocks"
    return "sudo jetson_clocks" if board.kind == "jetson" else "sudo cpupower frequency-set -g performance"


def _contradicted(machine: Machine) -> Iterator[Unmet]:
    wanted, asked = machine.require.get("power_mode"), machine.power_mode
    if wanted is not None and asked is not None and asked.lower() != str(wanted).lower():
        yield Unmet(f"power mode {wanted} is required, and {asked} is to be set", f"--power-mode {wanted}")
    if machine.lock_clocks and machine.require.get("clocks_locked") is False:
        yield Unmet("clocks that are not locked are required, and --lock-clocks locks them", "leave it out")


def _power_mode(wanted: Required, board: Board) -> Iterator[Unmet]:
    mode = wanted.power_mode
    if mode is not None and (board.power_mode or "").lower() != mode.lower():
        seen = f"the device is in {board.power_mode}" if board.power_mode else "the device does not say which it is in"
        yield Unmet(f"power mode {mode} is required, and {seen}", mode_command(board, mode))


def _jetpack(wanted: Required, board: Board, name: str) -> Iterator[Unmet]:
    if wanted.jetpack is None:
        return
    key = f"devices.{name}.require.jetpack"
    if board.jetpack is None:
        yield Unmet(f"JetPack {wanted.jetpack} is required, and {_without_jetpack(board)}", f"change {key}")
    elif not is_version(board.jetpack, wanted.jetpack):
        yield Unmet(
            f"JetPack {wanted.jetpack} is required, and the device has {board.jetpack}",
            f"install it with NVIDIA's SDK Manager, or change {key}",
        )


def _without_jetpack(board: Board) -> str:
    return f"which one L4T {board.l4t} belongs to is not known" if board.l4t else "the device has none"


def _clocks_locked(wanted: Required, board: Board) -> Iterator[Unmet]:
    if wanted.clocks_locked is None or board.clocks_locked == wanted.clocks_locked:
        return
    if wanted.clocks_locked is False:
        hint = "sudo jetson_clocks --restore, or reboot the device"
        if board.clocks_locked:
            yield Unmet("clocks that are not locked are required, and they are", hint)
        return  # what shows no clocks has none that are locked
    seen = "the device does not show them" if board.clocks_locked is None else "they are not"
    yield Unmet(f"locked clocks are required, and {seen}", f"{lock_command(board)}, or --lock-clocks")


def hints_of(found: Tuple[Unmet, ...]) -> Optional[str]:
    """All of them in one line."""
    return "; ".join(dict.fromkeys(one.hint for one in found)) or None
