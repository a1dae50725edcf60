"""Whether this runs inside a container, where much of the board is hidden."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

from edgeprof.agent.files import text_of

_MARKS = (".dockerenv", "run/.containerenv", "run/systemd/container")
_GROUP = r"docker|kubepods|containerd|libpod|/lxc"


def in_container(root: Path) -> Optional[bool]:
    """True where something says so; None where nothing can be seen of the first process."""
    if any((root / mark).exists() for mark in _MARKS):
        return True
    groups = text_of(root / "proc/1/cgroup")
    if not groups:
        return None
    return bool(re.search(_GROUP, groups))
