"""Which processes use a card, and how much of its memory each holds."""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from typing import Dict, Optional, Tuple

from edgeprof.agent.nvml import layout
from edgeprof.agent.nvml.figures import Handle
from edgeprof.agent.nvml.gpus import Gpus
from edgeprof.agent.nvml.library import Library

_KINDS = ("Compute", "Graphics")
_VERSIONS = ("_v3", "_v2", "")
_WIDEST = layout.PROCESS_STRIDES[-1]
_FIRST_GUESS = 128
_ATTEMPTS = 3  # some may start between two questions
_MOST_PID = 1 << 22  # PID_MAX_LIMIT of Linux
_MOST_BYTES = 1 << 48


@dataclass(frozen=True)
class Lent:
    """A buffer that came back, and how many processes are said to be in it."""

    raw: bytes
    count: int
    stride: int  # as the function's name promises


def computing(library: Library, card: Handle) -> Optional[Dict[int, Optional[int]]]:
    """Bytes by the number of each process that computes; None of those whose memory is not told.

    The numbers are those of the host: in a container without --pid=host they are other processes' or nobody's.
    """
    return _of_kind(library, card, "Compute")


def held_bytes(library: Library, card: Handle, pid: int) -> Optional[int]:
    """What one process holds. It is in both lists when it computes and draws, with the same memory."""
    known = [found.get(pid) for found in (_of_kind(library, card, kind) for kind in _KINDS) if found]
    return max((size for size in known if size), default=None)


def _of_kind(library: Library, card: Handle, kind: str) -> Optional[Dict[int, Optional[int]]]:
    for version in _VERSIONS:
        name = f"nvmlDeviceGet{kind}RunningProcesses{version}"
        lent: Optional[Lent] = None
        code, room = layout.INSUFFICIENT_SIZE, _FIRST_GUESS
        for _ in range(_ATTEMPTS):
            count, buffer = _lend(room)
            code = library.call(name, card, ctypes.byref(count), buffer)
            if code == layout.SUCCESS:
                lent = Lent(buffer.raw, count.value, layout.PROCESS_STRIDES[1 if version else 0])
            if code != layout.INSUFFICIENT_SIZE or count.value > layout.MOST_PROCESSES:
                break
            room = max(room, 2 * count.value)
        if code != layout.FUNCTION_NOT_FOUND:
            return None if lent is None else processes_in(lent)
    return None


def _lend(room: int) -> Tuple[ctypes.c_uint, ctypes.Array[ctypes.c_char]]:
    """Room for so many, however widely they are written."""
    buffer = ctypes.create_string_buffer(room * _WIDEST)
    ctypes.memset(buffer, layout.UNTOUCHED, room * _WIDEST)
    return ctypes.c_uint(room), buffer


def processes_in(lent: Lent) -> Optional[Dict[int, Optional[int]]]:
    """None where any of it is no process, since then nobody knows what the rest is."""
    stride = _stride(lent)
    if stride is None:
        return None
    found: Dict[int, Optional[int]] = {}
    for at in range(0, lent.count * stride, stride):
        pid, size = struct.unpack_from("=IxxxxQ", lent.raw, at)
        if not 0 < pid <= _MOST_PID or (size >= _MOST_BYTES and size != layout.NOT_TOLD):
            return None
        found[pid] = None if size == layout.NOT_TOLD else max(size, found.get(pid) or 0)
    return found


def _stride(lent: Lent) -> Optional[int]:
    """How far apart they were written, which is seen where the writing ends; the names of functions do not tell."""
    written = len(lent.raw.rstrip(bytes([layout.UNTOUCHED])))
    if not lent.count or written > lent.count * _WIDEST:  # all of what was lent was cleared first
        return lent.stride
    return next((stride for stride in layout.PROCESS_STRIDES if lent.count * stride == written), None)


def held_on(gpus: Gpus, pid: int) -> Optional[int]:
    """What a process holds of all cards; a slice's is a part of its card's, and each may be the only one to tell."""
    by_card: Dict[int, int] = {}
    for one in gpus.found:
        held = held_bytes(gpus.library, one.handle, pid)
        if held is not None:
            by_card[one.index] = max(held, by_card.get(one.index, 0))
    return sum(by_card.values()) if by_card else None
