"""Run tegrastats beside a measuring, keep its newest line, and end it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import FrozenSet, Optional

from edgeprof.agent.board.reading import command_path
from edgeprof.agent.telemetry.rails import total_words
from edgeprof.agent.telemetry.source import Readings, Source
from edgeprof.agent.telemetry.tegrastats import rails_of, readings_of

_LONGEST_LINE = 1 << 14
_ENDS_WITHIN_S = 1.0


class Tegrastats:
    """Its lines, as they come. Killed or not, it ends when its pipe is no longer read."""

    def __init__(self, program: str, interval_s: float) -> None:
        self._newest: Optional[str] = None
        self._rails: FrozenSet[str] = frozenset()
        self._child = subprocess.Popen(
            [program, "--interval", str(max(1, round(interval_s * 1e3)))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # on some boards it is a script: whatever it starts ends with it
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def read(self) -> Readings:
        """What the newest line tells, once: a line that was read before is of another moment."""
        line, self._newest = self._newest, None
        if line is None:
            return {}
        self._rails = self._rails or frozenset(rails_of(line))
        return readings_of(line, self._rails)

    def way(self, series: str) -> str:
        return f"tegrastats {total_words(self._rails)}" if series == "power_w" else "tegrastats"

    def close(self) -> None:
        self._signal(signal.SIGTERM)
        try:
            self._child.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._child.wait()
        self._thread.join(_ENDS_WITHIN_S)
        if not self._thread.is_alive():  # closing a pipe that a thread still reads would wait for it
            assert self._child.stdout
            self._child.stdout.close()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)

    def _listen(self) -> None:
        assert self._child.stdout
        while True:
            line = self._child.stdout.readline(_LONGEST_LINE)
            if not line:
                return
            if line.endswith(b"\n"):
                self._newest = line.decode("utf-8", "replace")


def source_of(interval_s: float) -> Optional[Source]:
    program = command_path("tegrastats")
    if program is None:
        return None
    try:
        child = Tegrastats(program, interval_s)
    except OSError:  # there, and not to be executed
        return None
    return Source(child.read, child.way, interval_s, close=child.close)
