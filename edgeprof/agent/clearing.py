"""What goes from the folder that a device keeps files in: to make room for more, or because it was asked for."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import suppress
from typing import Any, Dict, Iterator, Tuple

from edgeprof.agent.shelf import Refused, free_bytes, hold, is_ours, is_verified, now, remove_folder, roots

CAP_BYTES = 10 << 30  # of all that is kept; what was used longest ago goes first
_SPARE_BYTES = 32 << 20  # left free on the disk
_IN_USE_S = 3600.0  # what was used so lately may be in use, by another workstation too
_LEFT_OVER_S = 86400.0  # nobody goes on with a transfer that old, nor fetches outputs


def make_room(root: str, needed: int, resumed: str = "") -> None:
    """Remove what was used longest ago until the cap holds and the disk has the space, as far as that helps.

    `resumed` is the unfinished file that the room is for.
    """
    kept = sorted(_kept(root))
    total = sum(size for _, _, size, _ in kept)
    for used_at, path, size, spared_s in kept:
        if total + needed <= CAP_BYTES and free_bytes(root) >= needed + _SPARE_BYTES:
            break
        if used_at <= now() - spared_s and path != resumed:
            _remove(path)
            total -= size
    if free_bytes(root) < needed:
        raise Refused("space", needed=needed, free=free_bytes(root), path=root, words=os.strerror(errno.ENOSPC))


def clean(older_than_s: float) -> Dict[str, Any]:
    """Remove everything that was not used for so long, wherever it may have been kept.

    Where another session is on the device, what was used lately is left to it.
    """
    told = {"files": 0, "bytes": 0, "left": 0}
    for root in filter(is_ours, roots(os.environ)):
        alone = hold(root, fcntl.LOCK_EX)
        for used_at, path, size, _ in list(_kept(root)):
            age_s = now() - used_at
            if age_s < older_than_s:
                continue
            if alone is None and age_s < _IN_USE_S:
                told["left"] += 1
            elif _remove(path):
                told["files"] += 1
                told["bytes"] += size
        if alone is None:
            continue
        with suppress(OSError):  # something is left in it
            os.rmdir(root)
            os.rmdir(os.path.dirname(root))
        os.close(alone)
    return told


def _kept(root: str) -> Iterator[Tuple[float, str, int, float]]:
    """Last use, path, size, and how long after its last use each is left alone whatever the need."""
    for name in os.listdir(root):
        path = os.path.join(root, name)
        try:
            seen = os.lstat(path)
        except OSError:
            continue  # another session was quicker
        if is_verified(name, seen):
            yield seen.st_atime, path, seen.st_size, _IN_USE_S
        elif stat.S_ISDIR(seen.st_mode):
            yield seen.st_mtime, path, _size_of(path), _LEFT_OVER_S  # to look into it counts as access
        else:
            yield max(seen.st_atime, seen.st_mtime), path, seen.st_size, _LEFT_OVER_S


def _size_of(folder: str) -> int:
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(parent, name)).st_size
    return size


def _remove(path: str) -> bool:
    """Whether it was there."""
    if os.path.isdir(path) and not os.path.islink(path):
        remove_folder(path)
        return True
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True
