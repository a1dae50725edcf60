"""The layers of a model as its runtime profiled them, beside the measurement that they are held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Tuple

from edgeprof.core.measurement import Measurement
from edgeprof.core.stats.percentile import percentile

DEPTHWISE, REFORMAT = "depthwise", "reformat"


@dataclass(frozen=True)
class ToldLayer:
    """As the agent tells it."""

    name: str
    seconds: float  # p50 over frames, or over rounds of averages
    told: Mapping[str, Any] = field(default_factory=dict)  # in the runtime's own words


@dataclass(frozen=True)
class Layer:
    """What is not known of it is None."""

    name: str  # the runtime's
    type: str  # the ONNX operator's where it is known, else the runtime's own
    seconds: float
    precision: Optional[str] = None
    memory_bytes: Optional[int] = None  # of its parameters and outputs, where the runtime tells it
    mark: Optional[str] = None  # depthwise, reformat
    nodes: Tuple[str, ...] = ()  # of the artefact's graph that it computes
    module: Optional[str] = None  # of the source, where the graph says
    kernel: Optional[str] = None


def latency_of(measurement: Measurement) -> float:
    """What the layers are held against."""
    return percentile(measurement.processes[-1].samples_s, 50)


@dataclass(frozen=True)
class Profiled:
    """In the order in which they run."""

    measurement: Measurement  # of processes without a profiler
    layers: Tuple[Layer, ...]
    frames: int
    frame_s: float  # p50 of the profiled frames, or of their averages where it tells averages
    in_layers_s: float  # p50 of what their layers sum to, frame by frame, or average by average
    tells_each_frame: bool  # else each layer's time is the middle one of a few averages

    @property
    def latency_s(self) -> float:
        return latency_of(self.measurement)

    @property
    def sum_s(self) -> float:
        return sum(layer.seconds for layer in self.layers)

    @property
    def gap_share(self) -> float:
        """By how much the sum differs from the latency, as a share of the latency."""
        return self.sum_s / self.latency_s - 1

    def share(self, seconds: float) -> float:
        """Of the layers' sum."""
        return seconds / self.sum_s if self.sum_s else 0.0
