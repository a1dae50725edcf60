"""Send files to a device and bring files from it, through the keeper that runs there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import select
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.core.artefact import digest_in, named
from edgeprof.core.errors import AgentError, TargetError
from edgeprof.core.protocol import SILENCE_S, line_of, message_of
from edgeprof.targets.hearing import Complaints, Ear, Silence, TooLong, printable
from edgeprof.targets.link import Link

Show = Callable[[str], None]

MOST_FETCHED_BYTES = 1 << 30
_LONGEST_LINE = 4 << 20  # some 30,000 placed files
_CHUNK_BYTES = 1 << 20
_COPIED_BYTES = 1 << 16
# What sendfile says of a pipe on Linux before 5.12 and on macOS.
_ONLY_SOCKETS = (errno.EINVAL, errno.ENOTSOCK, errno.ENOSYS, errno.EOPNOTSUPP)
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, where there is one
_VERIFIES_WITHIN_S = 300.0  # what ssh and the device still hold when we have sent everything, and a slow card
_SHOW_EVERY_S = 0.2
# The pipe takes little as long as it is nearly full; asking for every bit costs a tenth of the speed on a fast link.
_LITTLE_BYTES = _CHUNK_BYTES // 4
_DRAINS_S = 0.0003
_LATEST_S = 1e12  # since the epoch; NaN is not below it
_MOST_BYTES = 1 << 63
_NAME = re.compile(r"[^A-Za-z0-9._-]")


class Lost(Exception):
    """The link broke; what was sent so far lies on the device."""


class Damaged(AgentError):
    """What arrived is not what was sent, and was removed there; of anything but a file that was sent it is garbage."""


def stored_name(digest: str, path: Path) -> str:
    """A name of ours on the device: runtimes look at how a file's name ends, and nobody else chooses where it lies.

    A file that is named by its digest already keeps its name, since the graph beside it asks for it by that.
    """
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise TargetError(f'"{printable(digest)}" is no digest of "{printable(str(path))}"')
    own = path.name[len(digest) + 1 :] if digest_in(path.name) == digest else path.name
    return named(digest, _NAME.sub("_", own)[-64:])


class RemoteKeeper:
    """The keeper of one connection, and what it said of itself when it started."""

    def __init__(self, link: Link, ear: Ear, complaints: Complaints, name: str, version: tuple[int, int]) -> None:
        self.link, self.version, self._name = link, version, name
        self._ear, self._complaints = ear, complaints
        assert link.master.stdin
        assert link.master.stdout
        self._to, self._from = link.master.stdin.fileno(), link.master.stdout.fileno()
        os.set_blocking(self._to, False)
        self._pipe_is_large = False
        with suppress(OSError):  # more than this user may have: then files go at half the speed
            fcntl.fcntl(self._to, _SET_PIPE_SIZE, _CHUNK_BYTES)
            self._pipe_is_large = True
        ready = self._answer(SILENCE_S)
        try:
            self.root = _folder_of(ready["root"])
            self.passed_over = [f"{printable(path)}: {printable(words)}" for path, words in ready["passed_over"]]
            self.placed = {str(name): int(size) for name, size in ready["placed"]}
            self.parts = {str(name): int(size) for name, size in ready["parts"].items()}
            self.clock_offset_s = _seconds_ahead(ready["time"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise self._garbage(json.dumps(ready).encode()) from error
        if not self.root:
            where = "; ".join(self.passed_over)
            raise TargetError(f'no folder on device "{name}" can be written: {where}', "free or unlock one of them")

    @property
    def is_alive(self) -> bool:
        if self.link.master.poll() is not None:
            return False
        try:
            self.ask({"do": "ping"}, 10.0)
        except (Lost, AgentError):
            return False
        return True

    def last_words(self) -> str:
        return self._complaints.text()

    def path_of(self, stored: str) -> str:
        """Where a placed file lies; that it is used now keeps it from being the first to go."""
        self._write(line_of({"do": "used", "names": [stored]}))
        return f"{self.root}/{stored}"

    def ask(self, request: Mapping[str, Any], within_s: float = SILENCE_S) -> dict[str, Any]:
        self._write(line_of(request))
        return self._answer(within_s)

    def send(self, digest: str, stored: str, path: Path, show: Show) -> None:
        """Send a file, or what of it is not there yet, and have it verified."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = self.parts.pop(stored, 0)
            start = start if 0 <= start <= size else 0
            request = {"do": "place", "name": stored, "digest": digest, "bytes": size, "from": start}
            self._write(line_of(request))
            for sent in self._stream(file, start, size):
                show(f"sending {printable(path.name)} to {self._name}, {_mib(sent)} of {_mib(size)} MiB")
        answer = self._answer(_VERIFIES_WITHIN_S)
        if answer.get("path") != f"{self.root}/{stored}":
            raise self._garbage(json.dumps(answer).encode())
        self.placed[stored] = size

    def bring(self, remote: str, here: Path, show: Show) -> None:
        """Fetch a file of the device's; as much as it says beforehand, and no more than is allowed."""
        answer = self.ask({"do": "fetch", "path": remote, "most": MOST_FETCHED_BYTES})
        size = answer.get("bytes")
        if not isinstance(size, int) or not 0 <= size <= MOST_FETCHED_BYTES:
            raise self._garbage(json.dumps(answer).encode())
        clock = _Rarely()
        with here.open("xb") as file:
            left = size
            while left:
                chunk = self._heard(partial(self._ear.take, left, SILENCE_S))
                if not chunk:
                    raise Lost
                file.write(chunk)
                left -= len(chunk)
                if clock.is_due:
                    show(f"fetching from {self._name}, {_mib(size - left)} of {_mib(size)} MiB")
        self._answer(SILENCE_S)

    def _stream(self, file: Any, start: int, size: int) -> Iterator[int]:
        """How much was sent, now and then."""
        clock, sent = _Rarely(), start
        while sent < size:
            count = self._put(partial(_pass_on, file.fileno(), self._to, sent, size - sent), listens=True)
            if not count:
                break
            sent += count
            if clock.is_due:
                yield sent
            if self._pipe_is_large and count < _LITTLE_BYTES:
                time.sleep(_DRAINS_S)
        if not sent == size == os.fstat(file.fileno()).st_size:
            raise TargetError(f"{file.name} was changed while it was sent", "run again")

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._put(partial(os.write, self._to, view)) :]

    def _put(self, give: Callable[[], int], *, listens: bool = False) -> int:
        """What is given once the device takes more; `listens`: nothing is to be heard now but why it takes none."""
        while True:
            heard, ready, _ = select.select([self._from] if listens else [], [self._to], [], SILENCE_S)
            if heard:
                self._answer(SILENCE_S)
                raise Lost
            if not ready:
                raise Lost
            try:
                return give()
            except BlockingIOError:
                continue
            except OSError as error:
                raise Lost from error

    def _answer(self, within_s: float) -> dict[str, Any]:
        line = self._heard(lambda: self._ear.line(within_s))
        if not line:
            raise Lost
        answer = message_of(line)
        if answer is None:
            raise self._garbage(line)
        if answer.get("error") == "damaged":
            raise Damaged(f"{self._name} says that what it was sent is damaged", cause="garbled")
        if "error" in answer:
            raise self._refusal(answer)
        return answer

    def _heard(self, listen: Callable[[], bytes]) -> bytes:
        try:
            return listen()
        except Silence:
            raise Lost from None
        except TooLong:
            raise self._garbage(b"a line without an end") from None

    def _garbage(self, line: bytes) -> AgentError:
        shown = repr(line[:80].decode(errors="replace"))
        return AgentError(f"{self._name} spoke garbage: {shown}", cause="garbled")

    def _refusal(self, answer: Mapping[str, Any]) -> TargetError:
        words, path = printable(str(answer.get("words"))), printable(str(answer.get("path")))
        if answer["error"] == "space":
            needed, free = answer.get("needed"), answer.get("free")
            return TargetError(
                f'device "{self._name}" has no space: {_mib(needed)} MiB are needed, {_mib(free)} MiB are free in '
                f"{os.path.dirname(path) or path} ({words})",
                f"free some there, or: edgeprof device clean {self._name}",
            )
        if answer["error"] == "large":
            return TargetError(f'a file of device "{self._name}" is too large: {_mib(answer.get("bytes"))} MiB')
        if answer["error"] == "read":
            return TargetError(f'device "{self._name}" hands out no such file: {words}')
        return TargetError(f'device "{self._name}" cannot write {path}: {words}', "see its mounts and its quota")


def _folder_of(told: object) -> str:
    """Where the device keeps files, which is shown and kept in the record; empty where it has no such place."""
    if not isinstance(told, str) or (told and not (told.startswith("/") and told.isprintable())):
        raise ValueError(told)
    return told


def _seconds_ahead(told: object) -> float:
    if not isinstance(told, (int, float)) or not abs(told) < _LATEST_S:
        raise ValueError(told)
    return round(told - datetime.now(timezone.utc).timestamp(), 1)


def _pass_on(file: int, pipe: int, offset: int, most: int) -> int:
    """How much of the file the pipe took, without a copy through this process where the kernel can do that."""
    try:
        return os.sendfile(pipe, file, offset, min(most, _CHUNK_BYTES))
    except OSError as error:
        if error.errno not in _ONLY_SOCKETS:
            raise
    return os.write(pipe, os.pread(file, min(most, _COPIED_BYTES), offset))


class _Rarely:
    """Is due a few times a second: whoever watches a terminal can read no faster."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _SHOW_EVERY_S

    @property
    def is_due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + _SHOW_EVERY_S
        return True


def _mib(size: object) -> str:
    if not isinstance(size, int) or not 0 <= size < _MOST_BYTES:
        return "some"
    return f"{size / 2**20:.0f}" if size >= 10 << 20 else f"{size / 2**20:.1f}"
