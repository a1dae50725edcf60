"""How a plan is to be run: the switches that change what one sample holds, as far as somebody set them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeprof.agent.runtimes import ON_CARDS
from edgeprof.config.layer import Given
from edgeprof.core.errors import ConfigError

KEYS = ("copies", "graph", "wait", "like", "dla", "gpu_fallback", "builds")


@dataclass(frozen=True)
class Running:
    """None: as it is where nobody says."""

    copies: str | None = None
    graph: bool | None = None
    wait: str | None = None
    like: str | None = None
    dla: int | None = None
    gpu_fallback: bool = False
    builds: int = 1

    def texts(self) -> dict[str, str]:
        """A line each for --dry-run."""
        usual = f"as {self.like} does" if self.like else None
        return {
            "copies": self.copies or usual or "in",
            "graph": _yes(self.graph) if self.graph is not None else usual or "yes",
            "wait": self.wait or usual or "block",
            "like": self.like or "none",
            "dla": "none" if self.dla is None else str(self.dla),
            "gpu_fallback": _yes(self.gpu_fallback),
            "builds": str(self.builds),
        }


def running_of(settled: Mapping[str, Given], raced: Sequence[str]) -> Running:
    """ConfigError for a flag that would change nothing; `raced` is what runtime auto stands for."""
    asked = settled["runtime"].value
    candidates = raced if asked == "auto" else (asked,)
    for key in KEYS:
        if settled[key].rank == 0 and not set(candidates) & set(ON_CARDS):
            named = " and ".join(candidates)
            raise ConfigError(f"{named} has no such switch", "add --runtime tensorrt", where=settled[key].where)
    running = Running(**{key: settled[key].value for key in KEYS})
    if running.gpu_fallback and running.dla is None:
        raise ConfigError("there is no DLA to fall back from", "add --dla 0", where=settled["gpu_fallback"].where)
    if running.builds > settled["processes"].value:
        raise ConfigError(
            f"{running.builds} builds need a process each, and {settled['processes'].value} are planned",
            f"add --processes {running.builds}",
            where=settled["builds"].where,
        )
    return running


def options_say(running: Running) -> dict[str, Any]:
    """What was set, under the names and values of a plan's own switches."""
    said: dict[str, Any] = {
        "copies": running.copies,
        "graph": running.graph,
        "spins": None if running.wait is None else running.wait == "spin",
        "dla": running.dla,
        "gpu_fallback": running.gpu_fallback or None,
        "builds": running.builds if running.builds > 1 else None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"
