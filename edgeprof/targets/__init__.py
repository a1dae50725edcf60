"""Seam two: where an artefact is executed. Nothing above this package asks which kind of target it holds."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Protocol


class Target(Protocol):
    """A machine that files can be placed on and the agent started on."""

    name: str

    def place(self, digest: str, path: Path) -> str:
        """Have this content on the device, verified, and say where; nothing is sent that is there already."""

    def start(self, agent: str) -> subprocess.Popen[bytes]:
        """Start the agent, a file placed before, with pipes for stdin, stdout and stderr."""

    def folder(self) -> str:
        """A fresh folder on the device, for outputs."""

    def fetch(self, path: str) -> Path:
        """Bring a file here."""

    def close(self) -> None:
        """Remove what was made for this target; placed content stays for next time."""
