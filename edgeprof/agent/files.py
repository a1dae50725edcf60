"""Read small files of /proc and /sys, where every one of them may be missing, huge or not for us."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

_MOST_BYTES = 1 << 18


def text_of(path: Path, most_bytes: int = _MOST_BYTES) -> str:
    """The file's text, cut at a size that no file of this kind has; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most_bytes).decode(errors="replace")
    except OSError:
        return ""


def bytes_of(key: str, text: str) -> Optional[int]:
    """What a file such as /proc/meminfo or /proc/self/status says of `key`, which both tell in kB."""
    match = re.search(rf"^{key}:\s+(\d{{1,15}}) kB$", text, re.MULTILINE | re.ASCII)  # MemTotal:  7802880 kB
    return int(match.group(1)) * 1024 if match else None
