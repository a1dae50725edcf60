"""How a plan is run and what for: the switches that decide what one sample holds, as a job's options carry them."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

from edgeprof.core.errors import ConfigError, RuntimeUnavailable

COPIES = ("in", "out", "mapped")


@dataclass(frozen=True)
class Switches:
    """What a camera pipeline does, where nobody says otherwise."""

    copies: str = "in"  # in the timed region, out of it, or mapped: the card reads and writes host memory itself
    graph: bool = True  # a CUDA graph, where the plan can be captured
    spins: bool = False  # the host waits at full load instead of sleeping
    gpu: str = ""  # a number or the beginning of a UUID; none: the first that CUDA shows
    dla: Optional[int] = None  # that core of the deep-learning accelerator instead of the GPU
    gpu_fallback: bool = False  # what the accelerator cannot, the GPU may
    builds: int = 1  # so many builds of the plan take turns, a process each
    build: int = 0  # which of them
    compile: bool = False  # by torch

    def words(self, graph: str) -> str:
        """What one sample holds; `graph` tells what became of it."""
        moved = {
            "in": "inputs copied to the card and outputs back",
            "out": "no copies, inputs lie on the card",
            "mapped": "no copies, the card reads and writes mapped host memory",
        }
        return f"{moved[self.copies]}, {graph}, a {'spinning' if self.spins else 'blocking'} wait"

    @property
    def options(self) -> Tuple[Tuple[str, str], ...]:
        """The three that change what a sample holds always, the others where they are used."""
        said = [("copies", self.copies), ("graph", _yes(self.graph)), ("spins", _yes(self.spins))]
        for field in fields(self)[3:]:
            value = getattr(self, field.name)
            if value != field.default:
                said.append((field.name, _yes(value) if isinstance(value, bool) else str(value)))
        return tuple(said)


def switches_of(options: Sequence[Tuple[str, str]]) -> Switches:
    """Those that a job names, the others as they are without it."""
    given: Dict[str, Any] = {}
    for name, text in options:
        if name not in _READS:
            raise RuntimeUnavailable(f'tensorrt has no option "{name}"', f"its options are {', '.join(_READS)}")
        try:
            given[name] = _READS[name](text)
        except (ValueError, KeyError) as error:
            raise RuntimeUnavailable(
                f'tensorrt does not take "{text}" for its option {name}', f"it takes {_TAKES[_READS[name]]}"
            ) from error
    return Switches(**given)


def like_trtexec(version: str) -> Switches:
    """The defaults of the trtexec that comes with this TensorRT: they were turned round between 10.16 and 11.1."""
    match = re.match(r"(?:tensorrt )?(\d+)\.", version)
    if match is None:
        raise ConfigError(
            f"trtexec does not come with {version}", "name the switches: --copies, --graph, --wait", where="--like"
        )
    if int(match.group(1)) < 11:
        return Switches(copies="in", graph=False, spins=False)
    return Switches(copies="out", graph=True, spins=True)


def _copies(text: str) -> str:
    if text not in COPIES:
        raise ValueError(text)
    return text


def _switch(text: str) -> bool:
    return {"yes": True, "no": False}[text]


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"


_READS: Dict[str, Callable[[str], Any]] = {
    "copies": _copies,
    "graph": _switch,
    "spins": _switch,
    "gpu": str,
    "dla": int,
    "gpu_fallback": _switch,
    "builds": int,
    "build": int,
    "compile": _switch,
}
_TAKES = {_copies: ", ".join(COPIES), _switch: "yes or no", int: "a number"}
