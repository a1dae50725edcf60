"""How a plan is to be run: the switches that change what one sample holds, as far as somebody set them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeprof.agent.runtimes import OTHERS_ON_CARDS, PLANNED
from edgeprof.config.layer import Given
from edgeprof.core.errors import ConfigError
from edgeprof.core.machine import card_of

KEYS = ("copies", "graph", "wait", "like", "dla", "gpu_fallback", "builds", "gpu", "compile")
TAKES = {
    "tensorrt": KEYS[:-1],
    "onnxruntime-cuda": ("copies", "wait", "gpu"),
    "onnxruntime-tensorrt": ("copies", "wait", "gpu"),
    "torch-cuda": ("copies", "wait", "graph", "gpu", "compile"),
}


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
    gpu: str | None = None
    compile: bool = False

    def texts(self, runtime: str) -> dict[str, str]:
        """A line each for --dry-run."""
        usual = f"as {self.like} does" if self.like else None
        return {
            "copies": self.copies or usual or "in",
            "graph": _yes(self.graph) if self.graph is not None else usual or _yes(runtime not in OTHERS_ON_CARDS),
            "wait": self.wait or usual or "block",
            "like": self.like or "none",
            "dla": "none" if self.dla is None else str(self.dla),
            "gpu_fallback": _yes(self.gpu_fallback),
            "builds": str(self.builds),
            "gpu": self.gpu or "as --device says",
            "compile": _yes(self.compile),
        }


def running_of(settled: Mapping[str, Given], raced: Sequence[str]) -> Running:
    """ConfigError for a flag that would change nothing; `raced` is what runtime auto stands for."""
    asked = settled["runtime"].value
    candidates = raced if asked == "auto" else (asked,)
    for key in KEYS:
        if settled[key].rank == 0 and not any(key in TAKES.get(name, ()) for name in candidates):
            named, one = " and ".join(candidates), "torch-cuda" if key == "compile" else PLANNED
            raise ConfigError(f"{named} has no such switch", f"add --runtime {one}", where=settled[key].where)
    running = Running(**{key: settled[key].value for key in KEYS})
    if running.gpu_fallback and running.dla is None:
        raise ConfigError("there is no DLA to fall back from", "add --dla 0", where=settled["gpu_fallback"].where)
    device = settled["device"]
    if running.gpu is not None and ":" in device.value and card_of(device.value) is not None:
        message = f"gpu is {running.gpu}, and device {device.value} names a card too"
        raise ConfigError(message, "leave one of the two out", where=settled["gpu"].where)
    if running.builds > settled["processes"].value:
        raise ConfigError(
            f"{running.builds} builds need a process each, and {settled['processes'].value} are planned",
            f"add --processes {running.builds}",
            where=settled["builds"].where,
        )
    return running


def options_say(running: Running, runtime: str) -> dict[str, Any]:
    """What was set that this runtime has, under the names and values of a plan's own switches."""
    said: dict[str, Any] = {
        "copies": running.copies,
        "graph": running.graph,
        "spins": None if running.wait is None else running.wait == "spin",
        "dla": running.dla,
        "gpu_fallback": running.gpu_fallback or None,
        "builds": running.builds if running.builds > 1 else None,
        "gpu": running.gpu,
        "compile": running.compile or None,
    }
    taken = {"spins" if key == "wait" else key for key in TAKES[runtime]}
    return {key: value for key, value in said.items() if value is not None and key in taken}


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"
