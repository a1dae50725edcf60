"""A command with all that it starts, ended when together they hold too much memory or take too long."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOOK_S = 0.1
_PATIENCE_S = 5.0
_GIB = 1 << 30


@dataclass(frozen=True)
class Cap:
    """Resident memory is watched: of address space torch reserves far more than it ever touches."""

    memory_bytes: int
    seconds: float


@dataclass(frozen=True)
class Capped:
    code: int
    seconds: float
    peak_bytes: int  # of the whole tree at one moment, pages that are shared counted once for each process
    over: str | None  # which cap it was ended at, in words; None where it ended by itself
    said: str  # on standard error


def run_capped(command: Sequence[str], cap: Cap, environment: Mapping[str, str], cwd: Path) -> Capped:
    begin = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        started = psutil.Popen(command, cwd=cwd, env=dict(environment), stdout=subprocess.DEVNULL, stderr=errors)
        tree: set[psutil.Process] = {started}
        peak_bytes, over = 0, None
        try:
            while started.poll() is None and over is None:
                with suppress(psutil.NoSuchProcess):
                    tree.update(started.children(recursive=True))
                held = sum(map(_resident, tree))
                peak_bytes = max(peak_bytes, held)
                over = _over(cap, held, time.monotonic() - begin)
                if over is None:
                    with suppress(psutil.TimeoutExpired):
                        started.wait(_LOOK_S)
        finally:
            _end(started, tree)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    return Capped(started.returncode, time.monotonic() - begin, peak_bytes, over, said)


def _over(cap: Cap, held: int, seconds: float) -> str | None:
    if held > cap.memory_bytes:
        return f"ended at the cap of {cap.memory_bytes / _GIB:g} GiB of memory"
    if seconds > cap.seconds:
        return f"ended at the cap of {cap.seconds / 60:g} min"
    return None


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _end(started: psutil.Popen, tree: set[psutil.Process]) -> None:
    """The first one asked, so that it can tidy up; whatever of the tree is left then is killed."""
    if started.poll() is None:
        started.terminate()
        psutil.wait_procs([started], _PATIENCE_S)
    for process in tree:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(tree, _PATIENCE_S)
    started.wait(_PATIENCE_S)
