"""The agent's side of a hold: start the guardian, pass on what it says, and let go when nobody wants it any more."""

from __future__ import annotations

import json
import os
import select
import subprocess
from typing import Any, Callable, List, Mapping, Tuple

from edgeprof.core.codec import plain
from edgeprof.core.protocol import Order, message_of

GUARDIAN = "hold"  # the first argument, which makes the bundle a guardian
_LOOK_S = 0.2
# By it whoever cleans up after a broken link finds an agent's processes, to kill them: this one must live on.
_MARK = "EDGEPROF_CONVERSATION"

Emit = Callable[[Mapping[str, Any]], None]


def hold(order: Order, command: List[str], emit: Emit, is_abandoned: Callable[[], bool]) -> None:
    """Until the guardian has put everything back."""
    child, ear, lifeline = _start(command, order)
    heard = b""
    was_told = was_let_go = False
    while True:
        if is_abandoned() and not was_let_go:
            os.close(lifeline)  # the guardian's sign to put things back; our death is the same
            was_let_go = True
        ready, _, _ = select.select([ear], [], [], _LOOK_S)
        if not ready:
            continue
        fresh = os.read(ear, 1 << 16)
        if not fresh:
            break
        *lines, heard = (heard + fresh).split(b"\n")
        for event in filter(None, map(message_of, lines)):
            was_told = was_told or event["event"] in ("ready", "error")
            emit(event)
    if not was_told and not was_let_go:
        code = child.wait()
        emit({"event": "error", "cause": "crashed", "message": f"the clocks' guardian ended with exit code {code}"})


def _start(command: List[str], order: Order) -> Tuple[subprocess.Popen[bytes], int, int]:
    """The guardian, the pipe it speaks on, and its lifeline."""
    ear, mouth = os.pipe()
    lifeline_end, lifeline = os.pipe()
    child = subprocess.Popen(
        [*command, GUARDIAN, json.dumps(plain(order)), str(mouth), str(lifeline_end)],
        stdin=subprocess.DEVNULL,
        # Held open, our own stderr would keep a dropped ssh session alive on the device.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[mouth, lifeline_end],
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name != _MARK},
    )
    os.close(mouth)
    os.close(lifeline_end)
    return child, ear, lifeline
