"""Does on a device what is needed besides measuring: ssh starts it from its text, before anything is placed.

Requests are JSON lines on stdin, each but `used` answered by a line on stdout; the bytes of `place` and of `fetch` come
right behind. It ends with stdin, and takes its folders along.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import sys
from contextlib import suppress
from typing import Any, BinaryIO, Callable, Dict, List, Mapping

from edgeprof.agent.clearing import clean, make_room
from edgeprof.agent.shelf import (
    Refused,
    finish,
    hold,
    note_use,
    now,
    open_part,
    parts,
    placed,
    refusal_of,
    remove_folder,
    roots,
    usable_root,
)

_MOST_LISTED = 5000
_CHUNK_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, which the fcntl module names from Python 3.10 on


def main() -> None:
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that prints can garble the answers
    with suppress(BrokenPipeError, EOFError):  # whoever asked is gone
        Keeper(sys.stdin.buffer, sink).serve()


class Keeper:
    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._folders: List[str] = []
        self._root, self._passed_over = usable_root(roots(os.environ))
        self._hold = hold(self._root, fcntl.LOCK_SH) if self._root else None
        self._tasks: Mapping[str, Callable[[Dict[str, Any]], Dict[str, Any]]] = {
            "place": self._place,
            "fetch": self._fetch,
            "folder": self._folder,
            "end": lambda request: {"ended": end_processes(request["token"])},
            "ping": lambda request: {},
            "clean": self._clean,
        }

    def serve(self) -> None:
        """Say what is here, then do as asked until stdin ends."""
        try:
            self._say(self._ready())
            for line in self._source:
                request = json.loads(line)
                if request["do"] == "used":
                    note_use(self._root, request["names"])
                    continue
                try:
                    self._say(self._tasks[request["do"]](request))
                except Refused as refused:
                    self._say(refused.told)
                    if request["do"] == "place":
                        return  # the bytes still to come would be read as requests
        finally:
            for folder in self._folders:
                remove_folder(folder)

    def _ready(self) -> Dict[str, Any]:
        listed = [[name, size] for name, size, _ in placed(self._root)][-_MOST_LISTED:] if self._root else []
        return {
            "root": self._root,
            "passed_over": self._passed_over,
            "time": now(),
            "placed": listed,
            "parts": parts(self._root) if self._root else {},
        }

    def _place(self, request: Dict[str, Any]) -> Dict[str, Any]:
        """Receive a file, or the rest of one behind what an earlier attempt left."""
        path = os.path.join(self._root, request["name"])
        start, rest = request["from"], request["bytes"] - request["from"]
        make_room(self._root, rest, resumed=f"{path}.part")
        file, part = open_part(path)
        with file:
            try:
                digest = receive(self._source, file, start, rest)
            except OSError as error:
                refusal = refusal_of(error, part, rest)
                os.unlink(part)
                raise refusal from error
            if digest != request["digest"]:
                os.unlink(part)
                raise Refused("damaged")
            finish(part, path)
        if path.endswith(".pyz"):
            from edgeprof.agent.byte_code import add_byte_code

            add_byte_code(path)
        return {"path": path}

    def _fetch(self, request: Dict[str, Any]) -> Dict[str, Any]:
        """Hand out a file of ours, as long as it is when it is opened."""
        path = os.path.realpath(request["path"])
        if not path.startswith(os.path.realpath(self._root) + os.sep):
            raise Refused("read", words="it is not in edgeprof's folder")
        try:
            file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
        except OSError as error:
            raise Refused("read", words=error.strerror or str(error)) from error
        with file:
            seen = os.fstat(file.fileno())
            if not stat.S_ISREG(seen.st_mode):
                raise Refused("read", words="it is no file")
            if seen.st_size > request["most"]:
                raise Refused("large", bytes=seen.st_size)
            self._say({"bytes": seen.st_size})
            left = seen.st_size
            while left:
                chunk = file.read(min(left, _CHUNK_BYTES))
                if not chunk:
                    raise EOFError
                self._sink.write(chunk)
                left -= len(chunk)
        return {}

    def _folder(self, _request: Dict[str, Any]) -> Dict[str, Any]:
        import tempfile

        try:
            self._folders.append(tempfile.mkdtemp(prefix="outputs-", dir=self._root))
        except OSError as error:
            raise refusal_of(error, os.path.join(self._root, "outputs")) from error
        return {"path": self._folders[-1]}

    def _clean(self, request: Dict[str, Any]) -> Dict[str, Any]:
        if self._hold is not None:
            os.close(self._hold)  # else we ourselves were the other session
            self._hold = None
        return clean(request["older_than_s"])

    def _say(self, message: Dict[str, Any]) -> None:
        self._sink.write(json.dumps(message).encode() + b"\n")
        self._sink.flush()


def receive(source: BinaryIO, file: Any, start: int, rest: int) -> str:
    """The digest of the first `start` bytes, which are there, and of the `rest`, which comes."""
    from hashlib import sha256

    sha = sha256()
    view = memoryview(bytearray(_CHUNK_BYTES))
    hashed = 0
    while hashed < start:
        count = file.readinto(view[: min(len(view), start - hashed)])
        if not count:
            raise Refused("damaged")
        sha.update(view[:count])
        hashed += count
    file.truncate(start)
    with suppress(OSError):  # no pipe, or more than a user may have: it only goes a little slower
        fcntl.fcntl(0, _SET_PIPE_SIZE, _CHUNK_BYTES)
    while rest:
        count = source.readinto1(view[: min(len(view), rest)])  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        sha.update(view[:count])
        written = 0
        while written < count:
            written += file.write(view[written:count])
        rest -= count
    return sha.hexdigest()


def end_processes(token: str) -> int:
    """Kill those that were started with this token: one that is stopped does not see that its stdin was closed."""
    wanted = f"EDGEPROF_CONVERSATION={token}".encode()
    ended = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                is_wanted = wanted in file.read().split(b"\0")
            if is_wanted:
                os.kill(int(name), signal.SIGKILL)
                ended += 1
        except OSError:
            continue  # gone, or somebody else's
    return ended
