"""Seam two: where an artefact is executed. Nothing above this package asks which kind of target it holds."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Cleaned:
    """What was removed from a device, and how many files were left to another session that is on it now."""

    files: int
    bytes: int
    left: int = 0


class Target(Protocol):
    """A machine that files can be placed on and the agent started on."""

    name: str
    losses: int  # how often the link broke; what was held over it is held no more

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is known of the way there, for the record; empty before it was used."""

    def place(self, digest: str, path: Path) -> str:
        """Have this content on the device, verified, and say where; nothing is sent that is there already."""

    def start(self, agent: str) -> subprocess.Popen[bytes]:
        """Start the agent, a file placed before, with pipes for stdin, stdout and stderr."""

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End an agent that closing its stdin did not end."""

    def loss(self, code: int, said: str) -> str | None:
        """What happened to the link when an agent's process ended so; None where it ended for itself."""

    def folder(self) -> str:
        """A fresh folder on the device, for outputs."""

    def fetch(self, path: str) -> Path:
        """Bring a file here."""

    def clean(self, older_than_s: float) -> Cleaned:
        """Remove what was placed and not used for so long."""

    def close(self) -> None:
        """Remove what was made for this target; placed content stays for next time."""
