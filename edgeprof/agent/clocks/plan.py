"""What has to be run to set a power mode and to lock clocks, and what puts them back."""

from __future__ import annotations

import getpass
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from edgeprof.agent.board import nvpmodel
from edgeprof.agent.board.jetson_clocks import clocks_locked
from edgeprof.agent.board.nvpmodel import Mode
from edgeprof.agent.board.reading import command_path
from edgeprof.agent.clocks.step import Refused, Step
from edgeprof.agent.files import text_of
from edgeprof.agent.telemetry.devfreq import gpu_folder


@dataclass(frozen=True)
class Plan:
    """`store` changes nothing; mode and `lock` do, and are None and empty where nothing is to be changed."""

    changes: Tuple[str, ...] = ()
    store: Tuple[Step, ...] = ()
    mode: Optional[Mode] = None
    earlier_mode: Optional[Mode] = None
    lock: Tuple[Step, ...] = ()
    unlock: Tuple[Step, ...] = ()

    @property
    def undo(self) -> Tuple[Step, ...]:
        """The mode first: it moves the clocks once more."""
        return (*((step_to(self.earlier_mode),) if self.earlier_mode else ()), *self.unlock)

    @property
    def setting(self) -> Tuple[Step, ...]:
        return (*((step_to(self.mode),) if self.mode else ()), *self.lock)


def plan_of(power_mode: Optional[str], *, lock_clocks: bool, root: Path, folder: Path) -> Plan:
    """`folder` is our own, for what jetson_clocks stores. Refused where it could not be put back later."""
    mode = earlier = None
    if power_mode:
        mode, earlier = _modes(power_mode, root)
        if mode == earlier:
            mode = earlier = None
    changes = (f"power mode {mode.name} instead of {earlier.name}",) if mode and earlier else ()
    if not lock_clocks or (not mode and clocks_locked(root)):
        return Plan(changes, mode=mode, earlier_mode=earlier)
    locking = _jetson_lock(folder) if _is_jetson(root) else _governor_lock(root)
    return Plan((*changes, *locking.changes), locking.store, mode, earlier, locking.lock, locking.unlock)


def step_to(mode: Mode) -> Step:
    return Step(("nvpmodel", "-m", str(mode.id)))


def reboot_refusal(mode: Mode, why: str) -> Refused:
    hint = f"set it by hand on the device and say yes to the reboot: {step_to(mode)}; then leave --power-mode out"
    return Refused(f'power mode "{mode.name}" needs a reboot: {why}', hint)


def allowing(plan: Plan) -> str:
    """How to do it without us, and how to let us do it."""
    by_hand = " && ".join(map(str, plan.setting))
    commands = dict.fromkeys(_sudoers_entry(step) for step in (*plan.store, *plan.setting, *plan.undo))
    rule = f"{_user()} ALL=(root) NOPASSWD: {', '.join(commands)}"
    # Its --restore writes what a file says to wherever the file says.
    trust = " (only for whom you would trust with root: jetson_clocks can be made to write any file)"
    return (
        f"by hand on the device: {by_hand}; or allow it there once and for all: "
        f"echo {shlex.quote(rule)} | sudo tee /etc/sudoers.d/edgeprof{trust if plan.store else ''}"
    )


def _modes(name: str, root: Path) -> Tuple[Mode, Mode]:
    """The mode asked for and the one in force."""
    modes = nvpmodel.modes(root)
    if not modes.modes:
        raise Refused(f'power mode "{name}" cannot be set: this device has no power modes', "leave --power-mode out")
    mode = modes.named(name)
    if mode is None:
        known = ", ".join(known.name for known in modes.modes)
        raise Refused(f'this device has no power mode "{name}"', f"one of {known}")
    current = nvpmodel.power_mode(root)
    earlier = modes.named(current) if current else None
    if earlier is None:
        raise Refused("the power mode is not known now, so it could not be put back", f"by hand: {step_to(mode)}")
    if None not in (mode.tpc_mask, earlier.tpc_mask) and mode.tpc_mask != earlier.tpc_mask:
        # Once anything has used the GPU, its units are switched on or off by a reboot only, and measuring uses it.
        raise reboot_refusal(mode, f"it has other units of the GPU on than {earlier.name}")
    return mode, earlier


def _is_jetson(root: Path) -> bool:
    return bool(command_path("jetson_clocks") and (gpu_folder(root) or (root / nvpmodel.CONF).exists()))


def _jetson_lock(folder: Path) -> Plan:
    stored = str(folder / "clocks")  # not there yet: jetson_clocks asks before it writes over a file
    return Plan(
        ("clocks locked",),
        store=(Step(("jetson_clocks", "--store", stored)),),
        lock=(Step(("jetson_clocks",)),),
        unlock=(Step(("jetson_clocks", "--restore", stored)),),
    )


def _governor_lock(root: Path) -> Plan:
    groups: Dict[str, List[str]] = {}
    for path in _governor_files(root):
        groups.setdefault(text_of(Path(path)).strip(), []).append(path)
    groups.pop("", None)  # an offline core's
    if not groups:
        raise Refused(
            "the clocks cannot be locked: this device shows no cpufreq",
            "leave --lock-clocks out, and the record says so",
        )
    others = {governor: paths for governor, paths in groups.items() if governor != "performance"}
    files = [path for paths in others.values() for path in paths]
    return Plan(
        (f"cpu governor performance instead of {'/'.join(sorted(others))}",) if others else (),
        lock=(Step(("tee", *files), "performance"),) if files else (),
        unlock=tuple(Step(("tee", *paths), governor) for governor, paths in others.items()),
    )


def _governor_files(root: Path) -> List[str]:
    """One for each group of cores that share a clock."""
    found = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    return sorted({os.path.realpath(str(path)) for path in found})


def _sudoers_entry(step: Step) -> str:
    """tee is allowed for its very arguments: with any others it would be root itself."""
    path = command_path(step.argv[0]) or step.argv[0]
    return path if step.text is None else " ".join((path, *step.argv[1:]))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"#{os.getuid()}"
