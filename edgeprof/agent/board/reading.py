"""What a board's files and commands answer, where every one of them may be missing, slow or huge."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import List, Optional

from edgeprof.agent.files import text_of

_MOST_BYTES = 1 << 18
_PATIENCE_S = 5.0
# A login over ssh that is not interactive often has no sbin, which is where nvpmodel lies.
_MORE_FOLDERS = ["/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"]


def top() -> Path:
    """Where the machine's own files begin; another folder only for tests of edgeprof itself."""
    return Path(os.environ.get("EDGEPROF_ROOT") or "/")


def words_of(path: Path) -> List[str]:
    """The entries of a device tree's list, which NUL bytes end."""
    return [word for word in text_of(path).split("\0") if word.strip()]


def number_of(path: Path) -> Optional[int]:
    """A file that holds one whole number, decimal or 0x; None where it does not."""
    try:
        return int(text_of(path).strip(), 0)
    except ValueError:
        return None


def command_path(name: str) -> Optional[str]:
    """Where a command lies; None where the machine has none of that name."""
    import shutil  # here, since most boards have no command to ask

    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    return shutil.which(name, path=os.pathsep.join([*folders, *_MORE_FOLDERS]))


def answer_of(command: List[str], patience_s: float = _PATIENCE_S) -> Optional[str]:
    """What a command prints, on either stream, whatever its exit code; None where it is missing or hangs."""
    path = command_path(command[0])
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=patience_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout[:_MOST_BYTES].decode(errors="replace")
