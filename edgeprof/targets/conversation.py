"""Talk to an agent: greet it, give it one order, hear its events, and end it whatever happens."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from edgeprof.core.codec import plain
from edgeprof.core.ending import ending_of
from edgeprof.core.errors import AgentError, ConvertError, EdgeprofError, RuntimeUnavailable, TargetError
from edgeprof.core.measurement import Ended
from edgeprof.core.protocol import BEAT_S, PROTOCOL, SILENCE_S, Order, hello, line_of, message_of
from edgeprof.targets import Target
from edgeprof.targets.bundle import Bundle
from edgeprof.targets.events import Event, event_of
from edgeprof.targets.hearing import Complaints, Ear, Silence, TooLong

_MOST_NOISE = 100  # lines before the greeting: a login shell's message of the day, a site file that prints
_LONGEST_LINE = 4 << 20  # 20,000 samples are some 450 KB
_GREETS_WITHIN_S = 60.0  # a first start from a slow card
_ENDS_WITHIN_S = 4.0
_ENDS_ASTRAY_WITHIN_S = 0.5  # one that does not do as it should, when its stdin closes too
_KILLED = "by signal 9"
_ERRORS = {"unavailable": RuntimeUnavailable, "refused": ConvertError, "lock": TargetError}


@contextmanager
def conversation(
    target: Target, agent: Bundle, order: Order, *, silence_s: float = SILENCE_S
) -> Iterator[Iterator[Event]]:
    """The agent's events, the last of them `done`. Leaving the block ends the agent, and with it what it measures."""
    talk = _Talk(target, target.start(target.place(agent.digest, agent.path)), silence_s)
    try:
        yield talk.events(agent.key, order)
    finally:
        talk.end()


class _Talk:
    def __init__(self, target: Target, process: subprocess.Popen[bytes], silence_s: float) -> None:
        assert process.stdin
        assert process.stdout
        self._target, self._process, self._silence_s = target, process, silence_s
        self._complaints = Complaints(process)
        self._ear = Ear(process.stdout, _LONGEST_LINE)
        self._stdin = process.stdin
        self._is_astray = False
        self._is_over = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)

    def events(self, key: str, order: Order) -> Iterator[Event]:
        with suppress(BrokenPipeError):  # it is gone already; what it said on stderr is told below
            self._stdin.write(line_of(hello(key)) + line_of(plain(order)))
            self._stdin.flush()
        self._heart.start()
        self._greet(key)
        while line := self._line(self._silence_s):
            event = event_of(line)
            if event is None:
                raise self._astray(f"the agent spoke garbage: {_start_of(line)}", "garbled")
            if event["event"] == "alive":
                continue
            if event["event"] == "error":
                raise _error_of(event)
            yield event
            if event["event"] == "done":
                return
        raise self._ending("before it was done")

    def end(self) -> None:
        """Close its stdin, which ends it; kill it only if it does not go."""
        self._is_over.set()
        if self._heart.ident is not None:
            self._heart.join(1.0)
        with suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(_ENDS_ASTRAY_WITHIN_S if self._is_astray else _ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._target.kill(self._process)
        assert self._process.stdout
        self._process.stdout.close()

    def _beat(self) -> None:
        """Show the agent that we live, so that it knows when a link is dead that nobody closed."""
        while not self._is_over.wait(BEAT_S):
            with suppress(OSError, ValueError):  # it is gone, or being ended
                os.write(self._stdin.fileno(), b"\n")

    def _greet(self, key: str) -> None:
        for _ in range(_MOST_NOISE):
            line = self._line(_GREETS_WITHIN_S)
            if not line:
                raise self._ending("without a greeting")
            greeting = message_of(line)
            if greeting is None or "agent" not in greeting:
                continue
            if greeting.get("protocol") != PROTOCOL or greeting["agent"] != key:
                raise AgentError(f"another agent answered: {_start_of(line)}")
            return
        self._is_astray = True
        raise AgentError(
            "no greeting from the agent", "does the login shell of the device print without end?", cause="garbled"
        )

    def _line(self, within_s: float) -> bytes:
        try:
            return self._ear.line(within_s)
        except TooLong:
            raise self._astray("the agent spoke garbage: a line without an end", "garbled") from None
        except Silence:
            raise self._astray(f"nothing was heard from the agent for {within_s:g} s", "hung") from None

    def _astray(self, message: str, cause: str) -> AgentError:
        self._is_astray = True
        return AgentError(message, self._complaints.hint(), cause=cause)

    def _ending(self, when: str) -> AgentError:
        """What to say of an agent that fell silent for good: whether it ended itself, or its link did."""
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return AgentError(f"the agent ended its speech {when}", self._complaints.hint())
        loss = self._target.loss(code, self._complaints.text())
        if loss:
            return AgentError(f"the link to {self._target.name} was lost: {loss}", "see to the network", cause="lost")
        how = _how(code)
        if how == _KILLED:  # who is killed says nothing; its shell says "Killed"
            hint = ending_of("the agent", Ended.KILLED, how)[1]
        else:
            hint = self._complaints.hint() or ending_of("the agent", Ended.CRASHED, how)[1]
        return AgentError(f"the agent ended {how} {when}", hint)


def _error_of(event: Event) -> EdgeprofError:
    hint = event.get("hint")
    shown = hint if isinstance(hint, str) else None
    kind = _ERRORS.get(event["cause"])
    if kind is None:
        return AgentError(event["message"], shown, cause=event["cause"])
    return kind(event["message"], shown)


def _how(code: int) -> str:
    if code < 0:
        return f"by signal {-code}"
    if 128 < code < 160:  # as a shell tells it
        return f"by signal {code - 128}"
    return f"with exit code {code}"


def _start_of(line: bytes) -> str:
    return repr(line[:80].decode(errors="replace"))
