"""How a process that did not end well is told of, and what to look at, by how it died."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from edgeprof.core.measurement import Ended

_ENDINGS = {
    Ended.CRASHED: ("crashed", None),
    Ended.KILLED: (
        "was killed",
        "mostly for memory: on the device sudo dmesg | grep -iE 'oom|killed process' tells, and free -m what is left",
    ),
    Ended.HUNG: ("hung", "try another runtime or fewer threads"),
    Ended.LOST: ("was lost with its link", "see to the network, or give it more chances with --retries 2"),
    Ended.STOPPED: ("was stopped", None),
    Ended.OUT_OF_MEMORY: ("ran out of memory: the model does not fit", "lower --res or --batch, or free memory"),
}
_BY_SIGNAL = {
    4: "its library is built for another processor: install one for this one's instructions",
    6: "it aborted by itself: another version of the runtime, or another --runtime, may not",
    7: "a file or memory that it had mapped went away: df -h /dev/shm /tmp on the device shows whether one is full",
    11: "a fault in the runtime's own code: another version of it, --threads 1, or another --runtime",
}


def ending_of(name: str, ended: Ended, message: Optional[str]) -> Tuple[str, Optional[str]]:
    """The words, and a hint."""
    words, hint = _ENDINGS[ended]
    return f"{name} {words}" + (f": {message}" if message else ""), hint or _hint_of_signal(message)


def _hint_of_signal(message: Optional[str]) -> Optional[str]:
    said = re.search(r"by signal (\d+)", message or "")
    return _BY_SIGNAL.get(int(said.group(1))) if said else None
