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
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

STAMP_NS = 1_000_000_000 * 10**9
NAME = re.compile(r"[0-9a-f]{64}-[A-Za-z0-9._-]{1,64}")


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
        try:
            seen = os.lstat(os.path.join(root, name))
        except OSError:
            continue  # another session was quicker
        if is_verified(name, seen):
            found.append((seen.st_atime, name, seen.st_size))
    for used_at, name, size in sorted(found):
        yield name, size, used_at


def is_verified(name: str, seen: os.stat_result) -> bool:
    is_file_of_ours = stat.S_ISREG(seen.st_mode) and seen.st_uid == os.getuid()
    return is_file_of_ours and seen.st_mtime_ns == STAMP_NS and NAME.fullmatch(name) is not None


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
                with suppress(FileNotFoundError):
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
        path = os.path.join(root, name)
        try:
            if is_verified(name, os.lstat(path)):  # what was written to since is not to be believed again
                os.utime(path, ns=(int(now() * 1e9), STAMP_NS))
        except OSError:
            continue  # removed meanwhile; whoever needs it will be told


def free_bytes(folder: str) -> int:
    seen = os.statvfs(folder)
    return seen.f_bavail * seen.f_frsize


def remove_folder(path: str) -> None:
    import shutil  # here, as everything that a first answer does not take

    shutil.rmtree(path, ignore_errors=True)


def _make_own(folder: str, most: int) -> None:
    """A folder of our own, which no other user can have prepared for us; with at most these rights."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    if not is_ours(folder):
        raise OSError("it is no folder of this user's own")
    mode = stat.S_IMODE(os.lstat(folder).st_mode)
    if mode & ~most:
        os.chmod(folder, mode & most)


def hold(root: str, how: int) -> Optional[int]:
    """A lock on the folder, None where none is to be had: sessions share it, whoever cleans wants it alone."""
    try:
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError:  # another's, or a file system that has none
        os.close(handle)
        return None
    return handle


def is_ours(folder: str) -> bool:
    try:
        seen = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid()
