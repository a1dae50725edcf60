"""What a probe of a machine has found: the board, the kinds of device that it may be, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Tuple

from edgeprof.core.board import Board


@dataclass(frozen=True)
class Likeness:
    """A profile that the machine fits."""

    profile: str
    title: str
    sureness: str
    reasons: Tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """What would be needed, for what, and the command for the device that installs it."""

    what: str
    why: str
    command: str


@dataclass(frozen=True)
class Probe:
    device: str
    host: Mapping[str, Any]
    board: Board
    runtimes: Tuple[Tuple[str, Optional[str]], ...]  # name and version, None where it is not installed
    likenesses: Tuple[Likeness, ...] = ()  # best first
    contradictions: Tuple[str, ...] = ()  # in what it is not what its own profile says
    missing: Tuple[Missing, ...] = ()
    add: Optional[str] = None  # the command that makes it a configured device
    configured: Optional[str] = None  # where it is already: file, line and key
    entry: Mapping[str, str] = field(default_factory=dict)  # the same as keys of its entry under `devices`
