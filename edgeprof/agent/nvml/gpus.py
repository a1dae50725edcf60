"""The driver's library opened, and what it finds; or why it tells nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, List, NamedTuple, Optional

from edgeprof.agent.asking import PATIENCE_S, Unanswered, within
from edgeprof.agent.nvml.library import Library, close, initialised, library_at

if TYPE_CHECKING:
    from edgeprof.agent.nvml.cards import Found

_SIGNS = ("proc/driver/nvidia/version", "dev/nvidiactl", "dev/nvidia0")


@dataclass(frozen=True)
class Gpus:
    """The library and all that was found by it."""

    library: Library
    found: List[Found]


class Opened(NamedTuple):
    """`reason` is None where neither the library nor a sign of a driver is there: then nothing is missing."""

    gpus: Optional[Gpus]
    reason: Optional[str] = None


def opened(root: Path = Path("/"), patience_s: float = PATIENCE_S) -> Opened:
    """Every opening that gives cards wants a `close`."""
    library = library_at(root)
    if library is None:
        has_driver = any((root / sign).exists() for sign in _SIGNS)
        return Opened(None, "libnvidia-ml.so.1 cannot be loaded" if has_driver else None)
    return opened_with(library, patience_s)


def opened_with(library: Library, patience_s: float = PATIENCE_S) -> Opened:
    try:
        return within(patience_s, lambda: _found(library))
    except Unanswered as silence:
        return Opened(None, str(silence))


def _found(library: Library) -> Opened:
    reason = initialised(library)
    if reason is not None:
        return Opened(None, reason)
    from edgeprof.agent.nvml.cards import found_on  # here, since most machines have no driver

    found = found_on(library)
    if found:
        return Opened(Gpus(library, found))
    close(library)
    return Opened(None, "the driver shows no card here")
