"""Where a device keeps what was sent to it: files under their digests, in a folder that nobody else can write to.

A file that was verified has STAMP_NS as its modification time, which whoever writes to it changes; its access time says
when it was last used.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, Dict, Iterator, List, Mapping, Tuple

STAMP_NS = 1_000_000_000 * 10**9
CAP_BYTES = 10 << 30  # of all that is kept; what was used longest ago goes first
NAME = re.compile(r"[0-9a-f]{64}-[A-Za-z0-9._-]{1,64}")
_SPARE_BYTES = 32 << 20  # left free on the disk
_IN_USE_S = 3600.0  # what was used so lately may be in use, by another workstation too


class Refused(Exception):
    """What the workstation is told: a cause, and what it needs to know about it."""

    def __init__(self, cause: str, **facts: Any) -> None:
        super().__init__(cause)
        self.told = {"error": cause, **facts}


def now() -> float:
    return datetime.now(timezone.utc).timestamp()


def roots(environ: Mapping[str, str]) -> List[str]:
    """Where files may be kept, the best place first."""
    home = environ.get("HOME") or os.path.expanduser("~")
    cache = environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    own = f"edgeprof-{os.getuid()}"
    folders = [os.path.join(cache, "edgeprof"), f"/var/tmp/{own}", f"/tmp/{own}"]
    return [os.path.join(folder, "device") for folder in folders if os.path.isabs(folder)]


def usable_root(candidates: List[str]) -> Tuple[str, List[List[str]]]:
    """The first that can be written and is nobody else's, empty where none is; and why those before it are not."""
    passed_over: List[List[str]] = []
    for root in candidates:
        try:
            _make_own(os.path.dirname(root), most=0o755)
            _make_own(root, most=0o700)
            _try_to_write(root)
            return root, passed_over
        except OSError as error:
            passed_over.append([root, error.strerror or str(error)])
    return "", passed_over


def _try_to_write(root: str) -> None:
    tried = os.path.join(root, f".tried-{os.getpid()}")
    handle = os.open(tried, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, b"\0" * 4096)
    finally:
        os.close(handle)
        os.unlink(tried)


def placed(root: str) -> Iterator[Tuple[str, int, float]]:
    """Name, size and last use of every verified file, the one used longest ago first."""
    found = []
    for name in filter(NAME.fullmatch, os.listdir(root)):
        seen = os.lstat(os.path.join(root, name))
        if stat.S_ISREG(seen.st_mode) and seen.st_uid == os.getuid() and seen.st_mtime_ns == STAMP_NS:
            found.append((seen.st_atime, name, seen.st_size))
    for used_at, name, size in sorted(found):
        yield name, size, used_at


def parts(root: str) -> Dict[str, int]:
    """How much of each unfinished file is here, but for those that somebody is sending just now."""
    found = {}
    for name in os.listdir(root):
        if not (name.endswith(".part") and NAME.fullmatch(name[: -len(".part")])):
            continue
        whole = name[: -len(".part")]
        try:
            file, path = open_part(os.path.join(root, whole))
        except Refused:
            continue
        with file:
            if path == os.path.join(root, name):
                found[whole] = os.fstat(file.fileno()).st_size
            else:
                os.unlink(path)
    return found


def open_part(path: str) -> Tuple[Any, str]:
    """The unfinished file, held; one of its own where another session is sending the same."""
    for part in (f"{path}.part", f"{path}.{os.getpid()}.part"):
        try:
            handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise refusal_of(error, part) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        return os.fdopen(handle, "r+b", buffering=0), part
    raise Refused("write", path=path, words="two others are sending it")


def refusal_of(error: OSError, path: str, needed: int = 0) -> Refused:
    words = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refused("space", needed=needed, free=free_bytes(os.path.dirname(path)), path=path, words=words)
    return Refused("write", path=path, words=words)


def finish(part: str, path: str) -> None:
    """Give a verified file its name and its stamp.

    It is not forced to the disk: after a power cut it may be empty, and so have another size than is asked for.
    """
    os.chmod(part, 0o400)
    os.utime(part, ns=(int(now() * 1e9), STAMP_NS))
    os.replace(part, path)


def note_use(root: str, names: List[str]) -> None:
    for name in filter(NAME.fullmatch, names):
        try:
            os.utime(os.path.join(root, name), ns=(int(now() * 1e9), STAMP_NS))
        except OSError:
            continue  # removed meanwhile; whoever needs it will be told


def make_room(root: str, needed: int) -> None:
    """Remove what was used longest ago until the cap holds and the disk has the space, as far as that helps."""
    kept = list(placed(root))
    total = sum(size for _, size, _ in kept)
    for name, size, used_at in kept:
        fits = total + needed <= CAP_BYTES and free_bytes(root) >= needed + _SPARE_BYTES
        if fits or used_at > now() - _IN_USE_S:
            break
        os.unlink(os.path.join(root, name))
        total -= size
    if free_bytes(root) < needed:
        raise Refused("space", needed=needed, free=free_bytes(root), path=root, words=os.strerror(errno.ENOSPC))


def free_bytes(folder: str) -> int:
    seen = os.statvfs(folder)
    return seen.f_bavail * seen.f_frsize


def clean(older_than_s: float) -> Dict[str, Any]:
    """Remove everything that was not used for so long, wherever it may have been kept."""
    removed = size = 0
    for root in filter(_is_ours, roots(os.environ)):
        for entry in list(os.scandir(root)):
            seen = entry.stat(follow_symlinks=False)
            if now() - max(seen.st_atime, seen.st_mtime) < older_than_s:
                continue
            size += _remove(entry, seen.st_size)
            removed += 1
        for folder in (root, os.path.dirname(root)):
            try:
                os.rmdir(folder)
            except OSError:
                break  # something is left in it
    return {"removed": removed, "bytes": size}


def _remove(entry: os.DirEntry[str], size: int) -> int:
    """How much it held."""
    if entry.is_dir(follow_symlinks=False):
        size = sum(file.stat(follow_symlinks=False).st_size for file in os.scandir(entry.path))
        remove_folder(entry.path)
    else:
        os.unlink(entry.path)
    return size


def remove_folder(path: str) -> None:
    import shutil  # here, as everything that a first answer does not take

    shutil.rmtree(path, ignore_errors=True)


def _make_own(folder: str, most: int) -> None:
    """A folder of our own, which no other user can have prepared for us; with at most these rights."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    if not _is_ours(folder):
        raise OSError("it is no folder of this user's own")
    mode = stat.S_IMODE(os.lstat(folder).st_mode)
    if mode & ~most:
        os.chmod(folder, mode & most)


def _is_ours(folder: str) -> bool:
    try:
        seen = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid()
