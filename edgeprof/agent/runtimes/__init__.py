"""Seam one: what executes an artefact. One file a runtime, resolved by name when it is needed.

A runtime loads, stages its inputs and infers. It does not time, warm up, log, choose how often, or swallow errors.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any, Callable, ContextManager, Dict, List, Mapping, Optional, Protocol, Sequence, Tuple

from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.installed import installed_version
from edgeprof.core.job import Job


class Session(Protocol):
    """A loaded artefact. `infer` returns when outputs are ready."""

    precision: str  # as read back from the runtime after loading
    threads: int
    inside_infer: str  # what one sample holds, for the record

    def infer(self) -> None: ...

    def outputs(self) -> Sequence[Any]:
        """The last inference's outputs as arrays, in the graph's order."""

    def device_bytes(self) -> Optional[int]:
        """Device memory the runtime itself reports; None where it has no such thing."""


class Runtime(Protocol):
    distributions: Tuple[str, ...]  # the packages that bring it, any one of them
    install: str  # the command that installs it

    def open(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> ContextManager[Session]:
        """Load or build, stage inputs (name to .npy, else seeded random), free on exit."""

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        """What it can compute an fp32 graph in on this processor."""


RUNTIMES: Dict[str, str] = {
    "onnxruntime": "edgeprof.agent.runtimes.onnxruntime:OnnxRuntime",
    "openvino": "edgeprof.agent.runtimes.openvino:OpenVino",
    "torch": "edgeprof.agent.runtimes.torch:Torch",
    "fake": "edgeprof.agent.runtimes.fake:Fake",
}
RACED = ("onnxruntime", "openvino")  # torch is the baseline people compare with: measured when named, never raced


def runtime_of(name: str) -> Runtime:
    """The runtime, without its library; opening it brings that in."""
    if name not in RUNTIMES:
        raise RuntimeUnavailable(f'unknown runtime "{name}"', f"one of {', '.join(RUNTIMES)}")
    module, _, attribute = RUNTIMES[name].partition(":")
    runtime: Runtime = getattr(import_module(module), attribute)()
    return runtime


def version_of(runtime: Runtime) -> Optional[str]:
    """The installed version, None where the package is missing; imports nothing of it."""
    return installed_version(*runtime.distributions) if runtime.distributions else "built in"


def clock_of(runtime: Runtime) -> Callable[[], int]:
    """The fake brings a hand-cranked clock; everything real is timed by the machine's."""
    clock: Callable[[], int] = getattr(runtime, "clock_ns", time.perf_counter_ns)
    return clock
