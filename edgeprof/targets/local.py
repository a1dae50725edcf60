"""This machine, reached the way every other one is: a file, a process, three pipes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List

from edgeprof.core.errors import TargetError


class LocalTarget:
    name = "local"

    def __init__(self, python: str = sys.executable) -> None:
        self._python = python
        self._folders: List[str] = []

    def place(self, digest: str, path: Path) -> str:
        """Content lies where it is; the artefact cache has checked it, so it is not read again."""
        if not path.is_file():
            raise TargetError(f"{path} is gone", "run again; if it stays away: edgeprof cache clear")
        return str(path.resolve())

    def start(self, agent: str) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        try:
            return subprocess.Popen(
                [self._python, agent],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,  # Ctrl-C reaches us alone; the agent ends when we close its stdin
            )
        except OSError as error:
            raise TargetError(f"cannot start {self._python}: {error.strerror}") from error

    def folder(self) -> str:
        folder = tempfile.mkdtemp(prefix="edgeprof-")
        self._folders.append(folder)
        return folder

    def fetch(self, path: str) -> Path:
        return Path(path)

    def close(self) -> None:
        while self._folders:
            shutil.rmtree(self._folders.pop(), ignore_errors=True)
