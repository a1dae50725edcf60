"""This machine, reached the way every other one is: a file, a process, three pipes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeprof.agent.byte_code import compiled_path
from edgeprof.core.errors import TargetError
from edgeprof.targets import Cleaned


class LocalTarget:
    name = "local"
    losses = 0

    def __init__(self, python: str = sys.executable) -> None:
        self._python = python
        self._folders: list[str] = []

    @property
    def facts(self) -> Mapping[str, Any]:
        return {}

    def place(self, digest: str, path: Path) -> str:
        """Content lies where it is; the artefact cache has checked it, so it is not read again."""
        if not path.is_file():
            raise TargetError(f"{path} is gone", "run again; if it stays away: edgeprof cache clear")
        return str(path.resolve())

    def start(self, agent: str) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        compiled = compiled_path(agent)
        is_compiled = self._python == sys.executable and os.path.exists(compiled)
        try:
            return subprocess.Popen(
                [self._python, compiled if is_compiled else agent],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,  # Ctrl-C reaches us alone; the agent ends when we close its stdin
            )
        except OSError as error:
            raise TargetError(f"cannot start {self._python}: {error.strerror}") from error

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()

    def loss(self, code: int, said: str) -> str | None:
        return None

    def folder(self) -> str:
        folder = tempfile.mkdtemp(prefix="edgeprof-")
        self._folders.append(folder)
        return folder

    def fetch(self, path: str) -> Path:
        return Path(path)

    def clean(self, older_than_s: float) -> Cleaned:
        """Nothing is placed on this machine, so nothing is to be removed."""
        return Cleaned(0, 0)

    def close(self) -> None:
        while self._folders:
            shutil.rmtree(self._folders.pop(), ignore_errors=True)
