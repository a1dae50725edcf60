"""Samples in memory that two processes share: a crash keeps every finished one, and nobody blocks the loop."""

from __future__ import annotations

import mmap
import os
from typing import List

COUNT, STOP, FIRST = 0, 1, 8  # slots of the header; the rest of its 64 bytes keeps the first sample off its cache line
_WORD_BYTES = 8
CAPACITY = 1_000_000


class Samples:
    """Nanoseconds in order, one 64-bit word each, behind a header that holds their count and a stop flag."""

    def __init__(self, words: memoryview) -> None:
        self.words = words
        self.capacity = len(words) - FIRST

    @property
    def count(self) -> int:
        return self.words[COUNT]

    def stop(self) -> None:
        self.words[STOP] = 1

    @property
    def is_stopped(self) -> bool:
        return bool(self.words[STOP])

    def seconds(self, first: int, last: int) -> List[float]:
        """Samples `first` to `last`, in seconds."""
        return [ns / 1e9 for ns in self.words[FIRST + first : FIRST + last]]

    def append(self, ns: int) -> None:
        """For one sample at a time; the loop writes its own."""
        self.words[FIRST + self.count] = ns
        self.words[COUNT] += 1


def samples_in_file(handle: int) -> Samples:
    """Map a file made by `sample_file`."""
    return Samples(memoryview(mmap.mmap(handle, 0)).cast("q"))


def samples_in_process(capacity: int) -> Samples:
    return Samples(memoryview(bytearray((capacity + FIRST) * _WORD_BYTES)).cast("q"))


def sample_file() -> int:
    """A file without a name, sparse: only the pages that samples reach take memory."""
    handle = _nameless_file()
    os.ftruncate(handle, (CAPACITY + FIRST) * _WORD_BYTES)
    return handle


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("edgeprof-samples")
    from tempfile import mkstemp

    handle, path = mkstemp()
    os.unlink(path)
    return handle
