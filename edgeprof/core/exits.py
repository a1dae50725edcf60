"""The exit codes, and which of several wins."""

from __future__ import annotations

from enum import IntEnum
from typing import Iterable


class Exit(IntEnum):
    PASS = 0
    OVER_BUDGET = 1
    USAGE = 2
    INCONCLUSIVE = 3
    ENVIRONMENT = 4
    CONVERSION = 5
    BUG = 70
    HANGUP = 129
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    TERMINATED = 143


_WORST_FIRST = (
    Exit.BUG,
    Exit.TERMINATED,
    Exit.INTERRUPTED,
    Exit.HANGUP,
    Exit.PIPE_CLOSED,
    Exit.USAGE,
    Exit.CONVERSION,
    Exit.ENVIRONMENT,
    Exit.OVER_BUDGET,
    Exit.INCONCLUSIVE,
    Exit.PASS,
)


def worst(codes: Iterable[Exit]) -> Exit:
    """The code that several checks together end in; PASS where there were none."""
    return min(codes, key=_WORST_FIRST.index, default=Exit.PASS)
