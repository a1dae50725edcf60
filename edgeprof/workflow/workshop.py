"""What every workflow works with: where artefacts and measurements are kept, and who hears how it goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeprof.convert.cache import Cache
from edgeprof.workflow.progress import Progress


@dataclass(frozen=True)
class Workshop:
    cache: Cache
    measurements: Path
    progress: Progress
    explains: bool = False  # where parity fails, at which operator

    @property
    def agents(self) -> Path:
        """Where the agent's bundle is kept."""
        return self.cache.agents
