"""The worker seen from outside: started, heard line by line, and ended whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from edgeprof.agent.memory import kills_for_memory
from edgeprof.core import errors
from edgeprof.core.errors import ConvertError, EdgeprofError

_PATIENCE_S = 2.0
_TAIL_LINES = 8


def ask(task: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Have a fresh process do the task; torch and its memory come and go with it."""
    memory_kills = kills_for_memory()
    with tempfile.TemporaryFile() as printed:
        worker = subprocess.Popen(
            [sys.executable, "-m", "edgeprof.convert.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=printed,
            env=_environment(),
            start_new_session=True,  # a Ctrl-C on the terminal is ours to handle, not the worker's
        )
        try:
            answer = _answer(worker, task, say)
            if answer is None:
                raise _death(worker.wait(), printed, for_memory=kills_for_memory() > memory_kills)
            return answer
        finally:
            _end(worker)


def _answer(
    worker: subprocess.Popen[bytes], task: Mapping[str, Any], say: Callable[[str], None]
) -> dict[str, Any] | None:
    assert worker.stdin is not None
    assert worker.stdout is not None
    with suppress(BrokenPipeError):
        worker.stdin.write(json.dumps(task).encode() + b"\n")
        worker.stdin.flush()
    for line in worker.stdout:
        message = json.loads(line)
        if "say" in message:
            say(message["say"])
        elif "error" in message:
            raise _error_from(message["error"])
        else:
            return dict(message["done"])
    return None


def _error_from(error: Mapping[str, Any]) -> EdgeprofError:
    kind = getattr(errors, error["kind"])
    raised = kind(error["message"], error["hint"])
    assert isinstance(raised, EdgeprofError)
    return raised


def _death(code: int, printed: IO[bytes], *, for_memory: bool) -> ConvertError:
    if code == -9 and not for_memory:
        return ConvertError("the converting process was killed by signal 9", "see what ends processes on this machine")
    if code == -9:
        return ConvertError(
            "the model does not fit in memory while exporting: the system killed the process",
            "use a lower --res or --batch, or convert on a machine with more memory",
        )
    printed.seek(0)
    lines = [line for line in printed.read().decode(errors="replace").splitlines() if line.strip()]
    said = "\n".join(lines[-_TAIL_LINES:])
    return ConvertError(f"the converting process ended with code {code}" + (f":\n{said}" if said else ""))


def _end(worker: subprocess.Popen[bytes]) -> None:
    if worker.poll() is None:
        worker.terminate()
        try:
            worker.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        with suppress(OSError):
            if pipe:
                pipe.close()


def _environment() -> dict[str, str]:
    # From a checkout, edgeprof is found here and need not be where the user's working directory is.
    home = str(Path(errors.__file__).resolve().parents[2])
    import sysconfig  # here, since an artefact in the cache starts no process

    if home == sysconfig.get_path("purelib"):
        return dict(os.environ)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))}
