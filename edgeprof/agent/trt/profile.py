"""TensorRT's own profile: a call for each layer of each inference, and what the plan tells of its layers."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from edgeprof.agent.trt.loaded import layers_told

_TOLD = ("LayerType", "ParameterType", "Inputs", "Outputs", "Groups", "OutMaps", "Weights", "Metadata")


def profiler_of(trt: Any) -> Any:
    """For an execution context: `seconds` holds what was reported, by layer, in order."""

    class Profiler(trt.IProfiler):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProfiler.__init__(self)
            self.seconds: Dict[str, List[float]] = {}

        def report_layer_time(self, layer_name: str, ms: float) -> None:
            self.seconds.setdefault(layer_name, []).append(ms / 1e3)

    return Profiler()


class ProfiledSession:
    def __init__(self, session: Any) -> None:
        self._session = session  # holds what the context reports to
        self.infer, self.precision = session.infer, session.precision

    def begin(self, warmed: int) -> None:
        loaded = self._session.loaded
        self._profiler = loaded.context.profiler = profiler_of(loaded.surface.trt)

    def layers(self, frames: int) -> Iterator[Tuple[str, List[float], Dict[str, Any]]]:
        yield from rows_of(self._profiler.seconds, self._session.loaded.information(), frames)


def rows_of(
    seconds: Dict[str, List[float]], information: str, frames: int
) -> Iterator[Tuple[str, List[float], Dict[str, Any]]]:
    """The times of each layer, summed where a frame runs it more than once, with what the plan tells of it."""
    facts = {str(layer.get("Name")): layer for layer in layers_told(information)}
    for name, times in seconds.items():
        calls = max(1, len(times) // frames)
        told = facts.get(name, {})
        sums = [sum(times[i : i + calls]) for i in range(0, len(times), calls)]
        yield name, sums, {key: told[key] for key in _TOLD if key in told}
