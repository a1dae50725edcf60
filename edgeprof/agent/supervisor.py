"""The agent as its caller sees it: an order in on stdin, events out on stdout, and an end when stdin closes."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, List, Mapping, Optional

from edgeprof.agent import host
from edgeprof.core.codec import restore
from edgeprof.core.files import held_s, holder_of, locked
from edgeprof.core.protocol import BEAT_S, PROTOCOL, SILENCE_S, Order, Task, hello, line_of, message_of

LOCK = Path("/tmp/edgeprof.lock")
_LOCK_LOOK_S = 0.2


class Supervisor:
    """Serves one order over one pair of pipes."""

    def __init__(self, source: BinaryIO, sink: int, agent: str, command: List[str]) -> None:
        self._source = source
        self._sink = sink
        self._agent = agent
        self._command = command  # what starts the measured process, but for its arguments
        self._abandoned = threading.Event()
        self._mouth = threading.Lock()  # two threads speak

    def serve(self) -> None:
        self._emit(hello(self._agent))
        order = self._read_order()
        if order is None:
            return
        threading.Thread(target=self._await_hang_up, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        if order.task is Task.DESCRIBE:
            found = host.runtimes(order.wanted)
            lock = {"path": str(lock_path()), "holder": holder_of(lock_path()), "held_s": held_s(lock_path())}
            self._emit({"event": "done", "host": host.facts(), "runtimes": found, "lock": lock})
            return
        if order.task is Task.HOLD:
            from edgeprof.agent.clocks.holding import hold

            hold(order, self._command, self._emit, self._abandoned.is_set)
            return
        with ExitStack() as held:
            try:
                held.enter_context(locked(lock_path(), order.holder, self._say_waiting, self._patience(order)))
            except TimeoutError as error:
                seconds = held_s(lock_path())
                since = "" if seconds is None else f", for {seconds:.0f} s by then"
                self._error("lock", f"the device was still busy with {error}{since}", "raise --lock-timeout, or wait")
                return
            except OSError as error:
                self._error("lock", f"the device lock cannot be used: {error}", f"make {lock_path()} writable")
                return
            from edgeprof.agent.execution import Execution  # here, since who only asks what there is measures nothing

            Execution(order, self._command, self._emit, self._abandoned.is_set).run()

    def _read_order(self) -> Optional[Order]:
        greeting = message_of(self._source.readline())
        if greeting is None:
            return None  # the caller went away before it said anything
        if greeting.get("protocol") != PROTOCOL:
            self._error("protocol", f"protocol {greeting.get('protocol')} asked for, {PROTOCOL} spoken here", None)
            return None
        line = self._source.readline()
        return restore(Order, message_of(line), "order") if line else None

    def _await_hang_up(self) -> None:
        """Killing an ssh client does not kill the remote process; closing its stdin does."""
        is_used_to_hearing = False
        while True:
            ready, _, _ = select.select([self._source], [], [], SILENCE_S)
            if not ready and is_used_to_hearing:
                break  # nobody closes anything where a cable was pulled
            if ready and not self._source.readline():
                break
            is_used_to_hearing = is_used_to_hearing or bool(ready)
        self._abandoned.set()
        time.sleep(3)  # the watch ends the measured process within a look; if it cannot, the lifeline does
        os._exit(1)

    def _beat(self) -> None:
        """Show that we live, also while there is nothing to tell."""
        while True:
            time.sleep(BEAT_S)
            self._emit({"event": "alive"})

    def _patience(self, order: Order) -> Any:
        deadline = None if order.lock_timeout_s is None else time.monotonic() + order.lock_timeout_s

        def gives_up() -> bool:
            time.sleep(_LOCK_LOOK_S)
            if self._abandoned.is_set():
                os._exit(1)
            return deadline is not None and time.monotonic() >= deadline

        return gives_up

    def _say_waiting(self, holder: str) -> None:
        self._emit({"event": "waiting", "holder": holder, "held_s": held_s(lock_path())})

    def _error(self, cause: str, message: str, hint: Optional[str]) -> None:
        self._emit({"event": "error", "cause": cause, "message": message, "hint": hint})

    def _emit(self, event: Mapping[str, Any]) -> None:
        try:
            rest = line_of(event)
            with self._mouth:
                while rest:
                    rest = rest[os.write(self._sink, rest) :]
        except BrokenPipeError:
            self._abandoned.set()


def lock_path() -> Path:
    """One lock for the whole machine, whoever measures on it; another one only for tests of edgeprof itself."""
    return Path(os.environ.get("EDGEPROF_LOCK", LOCK))


def main(command: List[str], agent: str) -> None:
    """`command` starts this same file; given arguments it becomes the measured process."""
    sink = os.dup(1)
    os.dup2(2, 1)  # nothing that prints can garble the protocol
    os.set_inheritable(sink, False)
    code = 1
    try:
        Supervisor(sys.stdin.buffer, sink, agent, command).serve()
        code = 0
    except Exception:  # noqa: BLE001 (Python, left to end by itself, trips over the thread that reads stdin)
        import traceback

        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)
