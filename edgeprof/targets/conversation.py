"""Talk to an agent: greet it, give it one order, hear its events, and end it whatever happens."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import Any, Deque, Dict, Iterator, List, Optional

from edgeprof.core.codec import plain
from edgeprof.core.errors import AgentError, ConvertError, EdgeprofError, RuntimeUnavailable, TargetError
from edgeprof.core.protocol import PROTOCOL, Order, hello, line_of, message_of
from edgeprof.targets import Target
from edgeprof.targets.bundle import Bundle

Event = Dict[str, Any]

_MOST_NOISE = 100  # lines before the greeting: a login shell's message of the day, a site file that prints
_ENDS_WITHIN_S = 4.0
_ERRORS = {"unavailable": RuntimeUnavailable, "refused": ConvertError, "lock": TargetError}


@contextmanager
def conversation(target: Target, agent: Bundle, order: Order) -> Iterator[Iterator[Event]]:
    """The agent's events, the last of them `done`. Leaving the block ends the agent, and with it what it measures."""
    process = target.start(target.place(agent.digest, agent.path))
    complaints = _Complaints(process)
    try:
        yield _events(process, agent.key, order, complaints)
    finally:
        _end(process)


def _events(process: subprocess.Popen[bytes], key: str, order: Order, complaints: _Complaints) -> Iterator[Event]:
    assert process.stdin
    assert process.stdout
    with suppress(BrokenPipeError):  # it is gone already; what it said on stderr is told below
        process.stdin.write(line_of(hello(key)) + line_of(plain(order)))
        process.stdin.flush()
    _greet(process, key, complaints)
    for line in process.stdout:
        event = message_of(line)
        if event is None or "event" not in event:
            raise AgentError(f"the agent spoke garbage: {_shown(line)}", complaints.hint(), cause="garbled")
        if event["event"] == "error":
            raise _error_of(event)
        yield event
        if event["event"] == "done":
            return
    raise AgentError(f"the agent ended {_how(process)} before it was done", complaints.hint())


def _greet(process: subprocess.Popen[bytes], key: str, complaints: _Complaints) -> None:
    assert process.stdout
    for _ in range(_MOST_NOISE):
        line = process.stdout.readline()
        if not line:
            raise AgentError(f"the agent ended {_how(process)} without a greeting", complaints.hint())
        greeting = message_of(line)
        if greeting is None or "agent" not in greeting:
            continue
        if greeting.get("protocol") != PROTOCOL or greeting["agent"] != key:
            raise AgentError(f"another agent answered: {_shown(line)}")
        return
    raise AgentError(
        "no greeting from the agent", "does the login shell of the device print without end?", cause="garbled"
    )


def _error_of(event: Event) -> EdgeprofError:
    kind = _ERRORS.get(event["cause"])
    if kind is None:
        return AgentError(event["message"], event.get("hint"), cause=event["cause"])
    return kind(event["message"], event.get("hint"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close its stdin, which ends it; kill it only if it does not go."""
    assert process.stdin
    assert process.stdout
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


class _Complaints:
    """The last lines of the agent's stderr, read as they come so that it never blocks on a full pipe."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._lines: Deque[str] = deque(maxlen=20)
        self._thread = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._thread.start()

    def hint(self) -> Optional[str]:
        """What it said last, as a hint."""
        self._thread.join(0.5)
        lines: List[str] = list(self._lines)
        return "its last words:\n  " + "\n  ".join(lines) if lines else None

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr
        with process.stderr as stderr:
            for line in stderr:
                self._lines.append(line.decode(errors="replace").rstrip())


def _how(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(1)
    except subprocess.TimeoutExpired:
        return "its speech"
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"


def _shown(line: bytes) -> str:
    return repr(line[:80].decode(errors="replace"))
