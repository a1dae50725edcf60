"""Read what comes from a device as a stranger's: bounded lines, no control characters, no silence without end."""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
from collections import deque
from typing import IO

_LONGEST_TEXT = 4000
_CHUNK_BYTES = 1 << 18


class Silence(Exception):
    """Nothing was heard for as long as is allowed."""


class TooLong(Exception):
    """A line had no end."""


class Ear:
    """Lines and bytes from a pipe, in the order they come."""

    def __init__(self, pipe: IO[bytes], longest: int) -> None:
        self._handle = pipe.fileno()
        self._longest = longest
        self._heard = bytearray()
        self._searched = 0

    def line(self, within_s: float) -> bytes:
        """The next line with its end; b"" once nothing more can come."""
        deadline = time.monotonic() + within_s
        while True:
            end = self._heard.find(b"\n", self._searched)
            if end >= 0:
                return self._cut(end + 1)
            self._searched = len(self._heard)
            if self._searched > self._longest:
                raise TooLong
            if not self._listen(deadline):
                return self._cut(len(self._heard))

    def take(self, most: int, within_s: float) -> bytes:
        """Some of the bytes that come next, at most so many; b"" at the end."""
        if not self._heard:
            self._listen(time.monotonic() + within_s)
        return self._cut(min(most, len(self._heard)))

    def _listen(self, deadline: float) -> bool:
        """Whether there was more."""
        ready, _, _ = select.select([self._handle], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise Silence
        heard = os.read(self._handle, _CHUNK_BYTES)
        self._heard += heard
        return bool(heard)

    def _cut(self, count: int) -> bytes:
        taken = bytes(self._heard[:count])
        del self._heard[:count]
        self._searched = 0
        return taken


class Complaints:
    """The last lines of a process's stderr, read as they come so that it never blocks on a full pipe."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr
        self._lines: deque[str] = deque(maxlen=20)
        self._thread = threading.Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        """What it said last; soon after its end that is everything."""
        self._thread.join(0.5)
        return "\n".join(self._lines)

    def hint(self) -> str | None:
        said = self.text()
        return "its last words:\n  " + said.replace("\n", "\n  ") if said else None

    def _read(self, stderr: IO[bytes]) -> None:
        with stderr:
            while line := stderr.readline(_LONGEST_TEXT):
                self._lines.append(printable(line.decode(errors="replace").rstrip()))


def printable(text: str) -> str:
    """Nothing that moves a cursor, changes a colour or hides: it ends up on somebody's terminal."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text[:_LONGEST_TEXT])
