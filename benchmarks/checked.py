"""A whole `edgeprof check`, run as a user runs it: how long it took, what it said, and the measurement it saved."""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fresh import EDGEPROF, unset
from edgeprof.core.measurement import Measurement
from edgeprof.core.validity import ALLOWABLE
from edgeprof.store import measurements


@dataclass(frozen=True)
class Checked:
    began_at: float  # seconds since the epoch, as a process's started_at
    wall_s: float
    code: int
    measurement: Measurement


def check(*arguments: str) -> Checked:
    """Exit codes are the caller's to judge; one that saved nothing is an error. A busy machine is allowed."""
    allowed = [word for name in ALLOWABLE for word in ("--allow", name)]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**unset("EDGEPROF_CACHE", "EDGEPROF_LOCK"), "EDGEPROF_MEASUREMENTS": folder}
        began_at, begin = time.time(), time.perf_counter()
        ended = subprocess.run(
            [EDGEPROF, "check", *arguments, *allowed],
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        wall_s = time.perf_counter() - begin
        saved = list(Path(folder).glob("*.json"))
        if len(saved) != 1:
            raise RuntimeError(f"edgeprof check {' '.join(arguments)} ended with {ended.returncode}:\n{ended.stderr}")
        return Checked(began_at, wall_s, ended.returncode, measurements.load(saved[0]))
