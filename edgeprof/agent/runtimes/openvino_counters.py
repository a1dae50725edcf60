"""OpenVINO's counters of each operator: averages over every inference since it was loaded, in whole microseconds."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

_EXECUTED = "EXECUTED"
_FACTS = ("runtimePrecision", "originalLayersNames", "outputLayouts")
_SHAPES = 2  # of the data and of the weights


class CountedSession:
    def __init__(self, session: Any) -> None:
        self._session = session
        self.infer, self.precision = session.infer, session.precision
        self._warmed = 0
        self._before: Dict[str, float] = {}

    def begin(self, warmed: int) -> None:
        self._warmed, self._before = warmed, {each.node_name: _seconds(each) for each in self._counted()}

    def layers(self, frames: int) -> Iterator[Tuple[str, List[float], Dict[str, Any]]]:
        """An average of so many frames, without those before: of two averages the sums, and their difference."""
        facts = {node.get_friendly_name(): node for node in self._session.compiled.get_runtime_model().get_ops()}
        for each in self._counted():
            before_s = self._warmed * self._before.get(each.node_name, 0.0)
            spent_s = _seconds(each) * (self._warmed + frames) - before_s
            told = {"type": each.node_type, "kernel": each.exec_type, **_told(facts.get(each.node_name))}
            yield each.node_name, [max(0.0, spent_s / frames)], told

    def _counted(self) -> List[Any]:
        return [each for each in self._session.request.get_profiling_info() if each.status.name == _EXECUTED]


def _seconds(counter: Any) -> float:
    return float(counter.real_time.total_seconds())


def _told(node: Any) -> Dict[str, Any]:
    if node is None:
        return {}
    info = node.get_rt_info()
    shapes = [list(given.get_shape()) for given in node.inputs()[:_SHAPES] if given.get_partial_shape().is_static]
    return {"shapes": shapes, **{name: info[name].astype(str) for name in _FACTS if name in info}}
