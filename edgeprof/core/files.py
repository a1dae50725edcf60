"""Files that are whole or absent, digests, and a lock that says who holds it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, Union

DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHUNK_BYTES = 1 << 20


def digest_of_bytes(content: bytes) -> str:
    from hashlib import sha256  # here, because it brings OpenSSL, and the measured process makes no digests

    return sha256(content).hexdigest()


def digest_of_json(value: Any) -> str:
    """A digest of plain values that does not depend on the order of keys."""
    return digest_of_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def digest_of_file(path: Union[str, Path]) -> str:
    from hashlib import sha256

    sha = sha256()
    with open(path, "rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            if not chunk:
                return sha.hexdigest()
            sha.update(chunk)


def write_atomically(path: Path, content: Union[str, bytes]) -> None:
    """Write beside the path, then rename: a reader sees the old file or the new one, never half of one."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    from tempfile import mkstemp

    handle, temporary = mkstemp(dir=str(path.parent), prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, str(path))
    except BaseException:
        os.unlink(temporary)
        raise


def is_trusted(seen: os.stat_result) -> bool:
    """Whether it is ours or root's; root, as in a container over a user's folder, takes any that is not open to all."""
    me = os.geteuid()
    return seen.st_uid in (me, 0) or (me == 0 and not seen.st_mode & stat.S_IWOTH)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@contextmanager
def locked(path: Path, holder: str, on_wait: Callable[[str], None], give_up: Callable[[], bool]) -> Iterator[None]:
    """Hold an exclusive lock on `path`, naming ourselves in it.

    `on_wait` hears once who has it; `give_up` is asked again and again, may sleep, and ends the wait by saying so.
    The kernel frees it when the process ends, however it ends, so a lock left by a crash or a power cut is no lock.
    """
    handle = _open_lock(path)
    try:
        _wait(handle, on_wait, give_up)
        os.ftruncate(handle, 0)
        os.pwrite(handle, holder.encode(), 0)
        yield
    finally:
        os.close(handle)


def held_s(path: Path) -> Optional[float]:
    """How long ago somebody took the lock and wrote a name into it, by this machine's own clock."""
    from datetime import datetime, timezone

    try:
        return max(0.0, datetime.now(timezone.utc).timestamp() - path.stat().st_mtime)
    except OSError:
        return None


def holder_of(path: Path) -> Optional[str]:
    """Who holds the lock now, by the name written into it; None where nobody does or one may not look."""
    try:
        handle = os.open(str(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return _name_in(handle)
    except OSError:
        return None
    finally:
        os.close(handle)


def _name_in(handle: int) -> str:
    return os.pread(handle, 4096, 0).decode(errors="replace")


def _open_lock(path: Path) -> int:
    # Without O_CREAT first: fs.protected_regular forbids opening another user's file in /tmp with it.
    try:
        return os.open(str(path), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        handle = os.open(str(path), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        os.chmod(handle, 0o666)
        return handle


def _wait(handle: int, on_wait: Callable[[str], None], give_up: Callable[[], bool]) -> None:
    said = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _name_in(handle)
            if not said:
                on_wait(holder)
                said = True
            if give_up():
                raise TimeoutError(holder) from None
