"""What was seen: a frozen value. Everything said of it later is a pure function of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Mapping, Optional, Tuple

from edgeprof.core.artefact import Parity
from edgeprof.core.job import Job
from edgeprof.core.sampling import Sampling
from edgeprof.core.stats.sequential import Rule, Threshold
from edgeprof.core.stats.steady import WarmUp
from edgeprof.core.telemetry import Telemetry


class Ended(str, Enum):
    """Why a process stopped sampling."""

    DECIDED = "decided"
    DURATION = "duration"  # the time allowed was up
    SAMPLES = "samples"  # as many as were asked for
    CAPACITY = "capacity"  # the sample file is full
    STOPPED = "stopped"  # interrupted
    CRASHED = "crashed"
    KILLED = "killed"
    HUNG = "hung"
    LOST = "lost"  # the link to the device broke
    OUT_OF_MEMORY = "out of memory"
    NOT_KNOWN = "not known"  # another tool's, which does not say

    @property
    def is_whole(self) -> bool:
        return self in (Ended.DECIDED, Ended.DURATION, Ended.SAMPLES, Ended.CAPACITY, Ended.NOT_KNOWN)


@dataclass(frozen=True)
class Canary:
    """How fast the machine itself was just then: an integer loop on each core, and a byte passed between two."""

    integer_s: Tuple[float, ...]  # per iteration, a core each
    round_trip_s: Optional[float]  # None on one core


@dataclass(frozen=True)
class Strain:
    """What else went on while a process sampled; shares are of the cores it may use."""

    seconds: float
    foreign_share: Optional[float] = None
    steal_share: Optional[float] = None
    throttled_share: Optional[float] = None  # of wall time, by the cgroup's quota
    swapped_bytes: Optional[int] = None


@dataclass(frozen=True)
class Segments:
    """Medians over inferences after the samples: by the host's clock, by the device's own, and what lies between."""

    samples: int
    host_s: float
    parts_s: Mapping[str, float]  # h2d, compute, d2h
    gap_s: float  # of the host's time, what no part holds: launching, waiting, waking up


@dataclass(frozen=True)
class Process:
    """One fresh process: all its latencies in order, and what it cost."""

    started_at: float  # seconds since the epoch
    ended: Ended
    first_inference_s: Optional[float] = None
    warmup_s: Tuple[float, ...] = ()
    samples_s: Tuple[float, ...] = ()
    steady: Optional[bool] = None
    load_s: Optional[float] = None
    peak_memory_bytes: Optional[int] = None
    memory_scope: str = "process"
    memory_method: Optional[str] = None  # how the peak was found: VmHWM, nvmap, NVML, MemAvailable
    gpu_loading_bytes: Optional[int] = None  # its own part of the GPU's memory, at most, until its first inference
    gpu_running_bytes: Optional[int] = None  # and since
    gpu_uuid: Optional[str] = None  # the card, or slice of one, that it says it computed on
    precision: Optional[str] = None  # as the runtime reports it after loading
    threads: Optional[int] = None
    runtime_version: Optional[str] = None
    inside_infer: Optional[str] = None  # what one sample holds, in the runtime's own words
    plan_digest: Optional[str] = None  # of what a runtime compiled beforehand
    plan_path: Optional[str] = None  # on the device
    plan_bytes: Optional[int] = None
    device_bytes: Optional[int] = None  # device memory that the runtime itself reports
    segments: Optional[Segments] = None
    canary_before: Optional[Canary] = None
    canary_after: Optional[Canary] = None
    strain: Optional[Strain] = None
    telemetry: Optional[Telemetry] = None
    power_mode: Optional[str] = None  # the board's, after it was sampled
    clocks_locked: Optional[bool] = None  # the same
    message: Optional[str] = None  # what it said when it did not end well


@dataclass(frozen=True)
class Plan:
    """How many processes and how long; with a budget it gives each process its sampling."""

    processes: int = 3
    quick: bool = False
    max_duration_s: float = 300.0
    warm_up: WarmUp = field(default_factory=WarmUp)
    duration_s: Optional[float] = None  # a measurement of fixed length instead of a decision
    samples: Optional[int] = None

    ALPHA = 0.05
    LEAST_S = 10.0

    def rule(self, sequential_limits: int) -> Rule:
        """The FAIL level is shared by processes and limits, since any one of them ends the check."""
        share = self.ALPHA / (self.processes * max(1, sequential_limits))
        if self.quick:
            return Rule(self.ALPHA, share, burst_floor=1, pass_s=0.0)
        return Rule(self.ALPHA, share, burst_floor={1: 5, 2: 3}.get(self.processes, 2), pass_s=self.LEAST_S)

    def sampling(self, thresholds: Tuple[Threshold, ...] = ()) -> Sampling:
        if self.duration_s is not None or self.samples is not None:
            return Sampling(
                self.warm_up, max_s=self.duration_s or self.max_duration_s, samples=self.samples, least_s=float("inf")
            )
        return Sampling(
            self.warm_up,
            thresholds,
            self.rule(len(thresholds)),
            max_s=self.max_duration_s / self.processes,
            least_s=0.0 if thresholds and self.quick else min(self.LEAST_S, self.max_duration_s / self.processes),
        )


@dataclass(frozen=True)
class Required:
    """What a board has to be like while it is measured; None where it may be as it is."""

    power_mode: Optional[str] = None
    jetpack: Optional[str] = None
    clocks_locked: Optional[bool] = None


@dataclass(frozen=True)
class Lap:
    """One runtime's part in the race; its samples are never used again."""

    runtime: str
    precision: str
    median_s: Optional[float]
    samples: int
    message: Optional[str] = None


@dataclass(frozen=True)
class Imported:
    """A file that another tool measured and wrote: edgeprof saw neither the device nor what else it did."""

    tool: str
    file: str
    digest: str


@dataclass(frozen=True)
class Measurement:
    """A job as one device answered it; saved after every process, so the processes may be fewer than planned."""

    id: str
    created_at: str  # ISO 8601, UTC
    edgeprof: str  # the version that wrote it
    asked: str  # the model as the user named it
    job: Job
    plan: Plan
    size_bytes: Optional[int]  # None where it was imported without its model
    processes: Tuple[Process, ...] = ()
    lost: Tuple[Process, ...] = ()  # as far as they were received before the link broke; repeated, and never judged
    budget: Mapping[str, float] = field(default_factory=dict)  # as asked, in config units; judge may use another
    budget_name: Optional[str] = None
    require: Required = field(default_factory=Required)
    parity: Optional[Parity] = None
    race: Tuple[Lap, ...] = ()
    notes: Tuple[str, ...] = ()
    card: Mapping[str, str] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    imported: Tuple[Imported, ...] = ()

    def with_process(self, process: Process) -> Measurement:
        return replace(self, processes=(*self.processes, process))
