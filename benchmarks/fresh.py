"""Fresh processes, timed from the outside or heard out, and alternated so that a slow minute meets all alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgeprof.agent.supervisor import lock_path
from edgeprof.core.files import locked

_LOOK_S = 1.0
ROOT = Path(__file__).resolve().parent.parent
EDGEPROF = str(Path(sysconfig.get_path("scripts")) / "edgeprof")
# As users have it: with PYTHONDONTWRITEBYTECODE, for one, every start would compile whatever was edited last.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def timed(command: Sequence[str]) -> float:
    """Seconds from starting it to its end; what it prints is thrown away."""
    begin = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def alternated(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each command, one of each in every round; a round before the first fills the disk's cache."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            took = timed(command)
            if number:
                seconds[name].append(took)
    return seconds


def heard(module: str, *arguments: str, **environment: str) -> Any:
    """What a module of this package prints in a fresh process, which is JSON."""
    command = [sys.executable, "-m", module, *arguments]
    environment = {**ENVIRONMENT, **environment}
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(ended.stdout)


def unset(*kept: str) -> dict[str, str]:
    """The environment with nothing in it that sets edgeprof, but for what is named."""
    ours = {name: os.environ[name] for name in kept if name in os.environ}
    return {**{name: value for name, value in ENVIRONMENT.items() if not name.startswith("EDGEPROF_")}, **ours}


def alone(measure: Callable[[], float]) -> float:
    """Under the device's lock, which edgeprof's own process takes for itself."""

    def wait() -> bool:
        time.sleep(_LOOK_S)
        return False

    with locked(lock_path(), "benchmarks", lambda _holder: None, wait):
        return measure()
