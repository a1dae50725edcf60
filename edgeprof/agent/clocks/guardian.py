"""The process that sets mode and clocks and puts them back: when its agent lets go, is killed, or the link drops."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, List, Optional

from edgeprof.agent import clocks
from edgeprof.agent.board import nvpmodel
from edgeprof.agent.board.jetson_clocks import clocks_locked
from edgeprof.agent.board.reading import top
from edgeprof.agent.clocks import record
from edgeprof.agent.clocks.plan import Plan, plan_of
from edgeprof.agent.clocks.setting import make, put_back
from edgeprof.agent.clocks.step import Refused
from edgeprof.core.codec import restore
from edgeprof.core.files import locked
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

    folder = Path(tempfile.mkdtemp(prefix="edgeprof-clocks-", dir=str(clocks.lock_path().parent)))
    is_clean = True
    try:
        is_clean = _Hold(order, folder, gone, speak).keep()
    except _Unwanted:
        pass
    except Refused as refused:
        speak({"event": "error", "cause": "clocks", "message": refused.message, "hint": refused.hint})
    except TimeoutError as error:
        hint = "raise --lock-timeout, or wait"
        speak({"event": "error", "cause": "lock", "message": f"the device was still busy with {error}", "hint": hint})
    except OSError as error:
        speak({"event": "error", "cause": "lock", "message": f"a device lock cannot be used: {error}", "hint": None})
    if is_clean:  # else what jetson_clocks stored is still needed
        shutil.rmtree(str(folder), ignore_errors=True)
    os._exit(0)


class _Unwanted(Exception):
    """Whoever asked went away before anything was changed."""


@dataclass
class _Hold:
    """One order, from its locks to what is put back."""

    order: Order
    folder: Path
    gone: threading.Event
    speak: Speak

    def keep(self) -> bool:
        """Whether all is as it was before."""
        from edgeprof.agent.supervisor import lock_path

        root = top()
        with self._locked(clocks.lock_path()):
            left = record.own(root)
            with self._locked(lock_path()):  # nobody measures meanwhile
                plan = plan_of(self.order.power_mode, lock_clocks=self.order.lock_clocks, root=root, folder=self.folder)
                is_recorded = not plan.changes or record.keep(self._record(plan, root))
                try:
                    make(plan, root)
                except Refused:
                    self._close(plan, left)
                    raise
            self.speak(
                {
                    "event": "ready",
                    "changes": list(plan.changes),
                    "power_mode": nvpmodel.power_mode(root),
                    "clocks_locked": clocks_locked(root),
                    "left_behind": list(left.undo) if left else [],
                    "is_recorded": is_recorded,
                }
            )
            self.gone.wait()
            failures = put_back(plan, root)
            if failures:  # the record stays, for whoever looks next
                self.speak({"event": "not restored", "failures": failures})
                return False
            self._close(plan, left)
            return True

    def _record(self, plan: Plan, root: Path) -> record.Record:
        return record.Record(
            holder=self.order.holder,
            since=datetime.now(timezone.utc).timestamp(),
            boot=record.boot_id(root),
            changes=plan.changes,
            undo=tuple(map(str, plan.undo)),
            power_mode=plan.mode.name if plan.mode else None,
            locks=bool(plan.lock),
        )

    def _close(self, plan: Plan, left: Optional[record.Record]) -> None:
        """Our own record ends; an earlier hold's that still has to be put right comes back."""
        if plan.changes and left:
            record.keep(left)
        elif plan.changes:
            record.forget()

    def _locked(self, path: Path) -> ContextManager[None]:
        most_s = self.order.lock_timeout_s
        deadline = None if most_s is None else time.monotonic() + most_s

        def say_waiting(holder: str) -> None:
            self.speak({"event": "waiting", "holder": holder, "held_s": _held_s(path)})

        def gives_up() -> bool:
            if self.gone.wait(_LOCK_LOOK_S):
                raise _Unwanted
            return deadline is not None and time.monotonic() >= deadline

        return locked(path, self.order.holder, say_waiting, gives_up)


def _held_s(path: Path) -> Optional[float]:
    try:
        return max(0.0, datetime.now(timezone.utc).timestamp() - path.stat().st_mtime)
    except OSError:
        return None
