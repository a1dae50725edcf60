"""What was changed, kept in a file until it is put back, for whoever comes after a crash or a power cut."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional, Tuple

from edgeprof.agent import clocks
from edgeprof.agent.board.jetson_clocks import clocks_locked
from edgeprof.agent.board.nvpmodel import power_mode
from edgeprof.agent.files import text_of
from edgeprof.core.board import Hold
from edgeprof.core.codec import plain, restore
from edgeprof.core.files import holder_of, write_atomically

_MOST_BYTES = 1 << 16
_MODE_COMMAND = "sudo nvpmodel "


@dataclass(frozen=True)
class Record:
    holder: str
    since: float
    boot: str  # a reboot frees locked clocks; a power mode outlives it
    changes: Tuple[str, ...]
    undo: Tuple[str, ...]
    power_mode: Optional[str] = None  # as it was set
    locks: bool = False
    hung: Tuple[int, ...] = ()  # process groups of commands that did not end: nobody knows what they did


def boot_id(root: Path) -> str:
    return text_of(root / "proc/sys/kernel/random/boot_id").strip()


def keep(record: Record) -> bool:
    """Whether it could be written."""
    try:
        write_atomically(clocks.record_path(), json.dumps(plain(record)))
    except OSError:
        return False
    return True


def forget() -> None:
    with suppress(OSError):  # what it tells of is not in force any more, so it says nothing
        os.unlink(str(clocks.record_path()))


def own(root: Path) -> Optional[Record]:
    """What this user changed that is still in force, by a hold that goes on or by one that left it behind."""
    record = _read(clocks.record_path())
    if record is None or not is_in_force(record, root):
        return None
    if record.boot == boot_id(root):
        return record
    return replace(record, undo=tuple(text for text in record.undo if text.startswith(_MODE_COMMAND)))


def held(root: Path) -> Optional[Hold]:
    """The same for who looks at the board."""
    record = own(root)
    if record is None:
        return None
    return Hold(record.holder, record.since, record.changes, record.undo, holder_of(clocks.lock_path()) is not None)


def is_in_force(record: Record, root: Path) -> bool:
    """People put things back by hand too."""
    if record.power_mode is not None and power_mode(root) == record.power_mode:
        return True
    if record.boot != boot_id(root):
        return False
    return bool(record.hung) or (record.locks and clocks_locked(root) is not False)


def _read(path: Path) -> Optional[Record]:
    """It lies where anybody may put files: only a small plain one of our own, of the right shape, counts."""
    try:
        handle = os.open(str(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid() or found.st_size > _MOST_BYTES:
            return None
        content = file.read(_MOST_BYTES)
    try:
        return restore(Record, json.loads(content), "record")
    except (ValueError, RecursionError):
        return None
