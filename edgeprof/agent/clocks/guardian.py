"""The process that sets mode and clocks and puts them back: when its agent lets go, is killed, or the link drops."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, List

from edgeprof.agent import clocks
from edgeprof.agent.board import nvpmodel
from edgeprof.agent.board.jetson_clocks import clocks_locked
from edgeprof.agent.board.reading import top
from edgeprof.agent.clocks.change import Change
from edgeprof.agent.clocks.left import put_right
from edgeprof.agent.clocks.step import Refused
from edgeprof.core.codec import restore
from edgeprof.core.files import held_s, locked
from edgeprof.core.lifeline import end_with
from edgeprof.core.protocol import Order, line_of

_LOCK_LOOK_S = 0.2
Speak = Callable[[Dict[str, Any]], None]


def main(arguments: List[str]) -> None:
    """`arguments`: the order as JSON, then the handles of the pipe to speak on, and of the lifeline."""
    order = restore(Order, json.loads(arguments[0]), "order")
    mouth, lifeline = map(int, arguments[1:3])
    gone = threading.Event()
    end_with(lifeline, gone.set)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # whatever ends a login must not end what puts the device back

    def speak(event: Dict[str, Any]) -> None:
        with suppress(OSError):  # the agent is gone, which the lifeline tells as well
            os.write(mouth, line_of(event))

    obey(order, gone, speak)
    os._exit(0)


def obey(order: Order, gone: threading.Event, speak: Speak) -> None:
    """Do as ordered until `gone`, and tell of it; what nobody foresaw is raised once all is put back."""
    try:
        _Hold(order, gone, speak).keep()
    except _Unwanted:
        pass
    except Refused as refused:
        speak({"event": "error", "cause": "clocks", "message": refused.message, "hint": refused.hint})
    except TimeoutError as error:
        hint = "raise --lock-timeout, or wait"
        speak({"event": "error", "cause": "lock", "message": f"the device was still busy with {error}", "hint": hint})
    except OSError as error:
        speak({"event": "error", "cause": "lock", "message": f"a device lock cannot be used: {error}", "hint": None})


class _Unwanted(Exception):
    """Whoever asked went away before anything was changed."""


@dataclass
class _Hold:
    """One order, from its locks to what is put back."""

    order: Order
    gone: threading.Event
    speak: Speak

    def keep(self) -> None:
        from edgeprof.agent.supervisor import lock_path

        root = top()
        with self._locked(clocks.lock_path()):
            with self._locked(lock_path()):  # nobody measures meanwhile
                was_left = put_right(root)
                change = Change(self.order, root)
                change.make()
            try:
                self.speak(
                    {
                        "event": "ready",
                        "changes": list(change.changes),
                        "power_mode": nvpmodel.power_mode(root),
                        "clocks_locked": clocks_locked(root),
                        "put_right": list(was_left),
                        "is_recorded": change.is_recorded,
                    }
                )
                self.gone.wait()
            finally:
                failures = change.end()
            if failures:
                self.speak({"event": "not restored", "failures": failures})

    def _locked(self, path: Path) -> ContextManager[None]:
        most_s = self.order.lock_timeout_s
        deadline = None if most_s is None else time.monotonic() + most_s

        def say_waiting(holder: str) -> None:
            self.speak({"event": "waiting", "holder": holder, "held_s": held_s(path)})

        def gives_up() -> bool:
            if self.gone.wait(_LOCK_LOOK_S):
                raise _Unwanted
            return deadline is not None and time.monotonic() >= deadline

        return locked(path, self.order.holder, say_waiting, gives_up)
