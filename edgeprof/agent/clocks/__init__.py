"""Set the power mode and lock the clocks for the time of a measuring, and put both back whatever happens."""

from __future__ import annotations

import os
from pathlib import Path

_LOCK = "edgeprof.clocks.lock"


def lock_path() -> Path:
    """One lock for the whole machine: two that set its clocks would put back each other's."""
    return _folder("/tmp") / _LOCK


def record_path() -> Path:
    """Where what was changed is kept until it is put back; /var/tmp outlives a power cut. One file for each user."""
    return _folder("/var/tmp") / f"edgeprof.clocks.{os.getuid()}.json"


def _folder(usual: str) -> Path:
    """Another folder only for tests of edgeprof itself."""
    return Path(os.environ.get("EDGEPROF_CLOCKS") or usual)
