"""What crosses the wire to the agent and back: JSON lines, an order in, events out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Dict, Mapping, Optional, Tuple

from edgeprof.core.job import Job
from edgeprof.core.sampling import Sampling

PROTOCOL = 1
BEAT_S = 5.0  # either side shows that often that it lives
SILENCE_S = 30.0  # after so long without a word the other side is given up


class Task(str, Enum):
    DESCRIBE = "describe"  # host facts and runtimes; takes no lock, starts no measured process
    BUILD = "build"  # the plan that a measuring needs; the supervisor asks it of itself
    OUTPUTS = "outputs"  # run each input set once and write what comes out, for parity
    MEASURE = "measure"
    LAYERS = "layers"  # what each layer takes, by the runtime's own profiler; nothing measured comes of it
    HOLD = "hold"  # set power mode and clocks, and put them back when the caller lets go


@dataclass(frozen=True)
class Watchdogs:
    """The longest each phase may take. A sample may take `sample_s` or so many medians, whichever is longer."""

    build_s: float = 3600.0  # of a plan, the first time that it is needed
    load_s: float = 300.0
    first_inference_s: float = 120.0
    sample_s: float = 30.0
    sample_medians: float = 100.0


@dataclass(frozen=True)
class Order:
    """Everything the agent is asked; paths are the device's own."""

    task: Task
    job: Optional[Job] = None
    artefact: str = ""
    inputs: Tuple[Mapping[str, str], ...] = ({},)  # one mapping of input name to .npy for each input set
    outputs_to: str = ""  # the folder that OUTPUTS writes into
    sampling: Sampling = field(default_factory=Sampling)
    watchdogs: Watchdogs = field(default_factory=Watchdogs)
    holder: str = ""  # who we are, for others who wait for the device lock
    lock_timeout_s: Optional[float] = None
    wanted: Tuple[str, ...] = ()  # the runtimes that DESCRIBE looks for a card for, which wakes it; empty: all
    power_mode: Optional[str] = None  # what HOLD sets
    lock_clocks: bool = False
    telemetry_s: float = 0.2  # between two readings of the device while it is sampled; 0: none


def line_of(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def message_of(line: bytes) -> Optional[Dict[str, Any]]:
    """The message a line holds, None where it holds none."""
    try:
        message = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def hello(agent: str) -> Dict[str, Any]:
    return {"protocol": PROTOCOL, "agent": agent}
