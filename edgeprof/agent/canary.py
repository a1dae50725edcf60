"""How fast the machine is just now: an integer loop on every core, and a byte passed between two of them.

Virtual machines move between states that no counter shows. On one host the cache-line round trip stood at 85 ns or at
360 ns for minutes at a time, and the latency of a small model followed it.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
import time
from typing import Callable, List, Sequence

from edgeprof.agent.host import cores
from edgeprof.core.measurement import Canary

_SPELL_S = 0.02
_CHUNK = 2000


def sing() -> Canary:
    """Takes about 50 ms, on all cores at once."""
    mine = cores()
    integer_s = _on_cores(mine, lambda _page, _index: _integer_loop())
    round_trip_s = None
    if len(mine) > 1:
        trips = _on_cores(mine[:2], _pass_byte)
        round_trip_s = max(trips) if len(trips) == 2 else None
    return Canary(tuple(integer_s), round_trip_s)


def _integer_loop() -> float:
    """Seconds per iteration: the best chunk, since a chunk that something interrupted says nothing of the core."""
    best = float("inf")
    end = time.perf_counter() + _SPELL_S
    while time.perf_counter() < end:
        begin = time.perf_counter()
        value = 1
        for i in range(_CHUNK):
            value = (value * 31 + i) & 0xFFFF
        best = min(best, time.perf_counter() - begin)
    return best / _CHUNK


def _pass_byte(page: mmap.mmap, index: int) -> float:
    """Seconds for the byte to go there and back; each side waits for the other's value, then writes its own."""
    mine, theirs = (1, 0) if index == 0 else (0, 1)
    trips = 0
    begin = time.perf_counter()
    end = begin + _SPELL_S
    while True:
        waited = 0
        while page[0] != theirs:
            waited += 1
            if waited % 64 == 0 and time.perf_counter() > end:
                return (time.perf_counter() - begin) / max(1, trips)
        page[0] = mine
        trips += 1
        if trips % 16 == 0 and time.perf_counter() > end:
            return (time.perf_counter() - begin) / trips


def _on_cores(where: Sequence[int], work: Callable[[mmap.mmap, int], float]) -> List[float]:
    """Run `work` in a forked process on each core at once and gather what each found; one that failed found nothing."""
    page = mmap.mmap(-1, 64 + 8 * len(where))
    struct.pack_into(f"{len(where)}d", page, 64, *[math.nan] * len(where))
    children = [_fork(core, index, page, work) for index, core in enumerate(where)]
    for child in children:
        os.waitpid(child, 0)
    found = struct.unpack_from(f"{len(where)}d", page, 64)
    page.close()
    return [value for value in found if not math.isnan(value)]


def _fork(core: int, index: int, page: mmap.mmap, work: Callable[[mmap.mmap, int], float]) -> int:
    child = os.fork()
    if child == 0:
        try:
            os.sched_setaffinity(0, {core})
            struct.pack_into("d", page, 64 + 8 * index, work(page, index))
        finally:
            os._exit(0)
    return child
