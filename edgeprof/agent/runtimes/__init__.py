"""Seam one: what executes an artefact. One file a runtime, resolved by name when it is needed.

A runtime loads, stages its inputs and infers. It does not time, warm up, log, choose how often, or swallow errors.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import (
    Any,
    Callable,
    ContextManager,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    runtime_checkable,
)

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


@runtime_checkable
class Marked(Protocol):
    """A session whose device keeps a time of its own, which never replaces the host's."""

    def infer_marked(self) -> None:
        """As `infer`, with a mark between its parts."""

    def parts_s(self) -> Mapping[str, float]:
        """Of the last marked inference: h2d, compute, d2h."""


@runtime_checkable
class FromPlan(Protocol):
    """A session of what its runtime compiled beforehand."""

    plan_digest: str
    plan_path: str
    plan_bytes: int


class Runtime(Protocol):
    distributions: Tuple[str, ...]  # the packages that bring it, any one of them
    install: str  # the command that installs it

    def open(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> ContextManager[Session]:
        """Load or build, stage inputs (name to .npy, else seeded random), free on exit."""

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        """What it can compute an fp32 graph in on this processor."""


@runtime_checkable
class OnCard(Protocol):
    """A session that knows which card it is on."""

    gpu_uuid: Optional[str]


class LayeredSession(Session, Protocol):
    """A session that is profiled, and so is never the one that is measured."""

    def begin(self, warmed: int) -> None:
        """After so many inferences: those from now on count."""

    def layers(self, frames: int) -> Iterable[Tuple[str, List[float], Dict[str, Any]]]:
        """Name, seconds in each of those frames or their one mean, and what else the runtime tells of the layer."""


@runtime_checkable
class Layered(Protocol):
    """A runtime that has a profiler of its own."""

    tells_each_frame: bool  # else averages alone

    def open_layered(
        self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int
    ) -> ContextManager[LayeredSession]:
        """As `open`, with the profiler on."""


class PlanNeeded(Exception):
    """What a runtime that compiles beforehand raises when it is opened: there is no plan yet, or none that loads."""


@runtime_checkable
class Compiling(Protocol):
    """A runtime that compiles beforehand, in a process of its own, since it takes minutes and gigabytes."""

    def build(self, job: Job, artefact: str, hear: Callable[[str], None]) -> None:
        """Compile, and keep the plan on the device for `open`."""


@runtime_checkable
class Demanding(Protocol):
    """A runtime that needs more than its package."""

    def absence(self) -> Optional[RuntimeUnavailable]:
        """What of it is missing here."""

    def version(self) -> Optional[str]:
        """Of its library, under whichever name it came; None where there is none."""


RUNTIMES: Dict[str, str] = {
    "onnxruntime": "edgeprof.agent.runtimes.onnxruntime:OnnxRuntime",
    "openvino": "edgeprof.agent.runtimes.openvino:OpenVino",
    "tensorrt": "edgeprof.agent.runtimes.tensorrt:TensorRt",
    "onnxruntime-cuda": "edgeprof.agent.runtimes.ort_on_card:OrtCuda",
    "onnxruntime-tensorrt": "edgeprof.agent.runtimes.ort_on_card:OrtTensorRt",
    "torch": "edgeprof.agent.runtimes.torch:Torch",
    "torch-cuda": "edgeprof.agent.runtimes.torch_on_card:TorchCuda",
    "fake": "edgeprof.agent.runtimes.fake:Fake",
}
PLANNED = "tensorrt"  # what a card is for
OTHERS_ON_CARDS = ("onnxruntime-cuda", "onnxruntime-tensorrt", "torch-cuda")  # named by who wants them, never chosen
ON_CARDS = (PLANNED, *OTHERS_ON_CARDS)
ORT_ON_CARDS = "pip install onnxruntime-gpu"
TORCHES = ("torch", "torch-cuda")
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
    if isinstance(runtime, Demanding):
        return runtime.version()
    return installed_version(*runtime.distributions) if runtime.distributions else "built in"


def clock_of(runtime: Runtime) -> Callable[[], int]:
    """The fake brings a hand-cranked clock; everything real is timed by the machine's."""
    clock: Callable[[], int] = getattr(runtime, "clock_ns", time.perf_counter_ns)
    return clock
