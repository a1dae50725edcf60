"""Limits, the budget that holds them, and the one that counts where none was given."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Dict, Optional, Tuple

from edgeprof.core.errors import ConfigError
from edgeprof.core.metric import Judging, Metric, metric_of
from edgeprof.core.stats.sequential import Threshold


@dataclass(frozen=True)
class Limit:
    """One metric's bound, in seconds, bytes or per second."""

    metric: Metric
    bound: float

    @property
    def threshold(self) -> Threshold:
        return Threshold(self.bound, self.metric.q0)

    def __str__(self) -> str:
        unit = "" if self.metric.unit == "/s" else f" {self.metric.unit}"  # fps says its unit itself
        return f"{self.metric.title} {self.metric.sign} {self.metric.shown(self.bound):.4g}{unit}"


@dataclass(frozen=True)
class Budget:
    """What the model has to meet; one limit a metric."""

    limits: Tuple[Limit, ...]
    name: Optional[str] = None

    @property
    def sequential(self) -> Tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if limit.metric.judged is Judging.SEQUENTIALLY)

    def find(self, key: str) -> Optional[Limit]:
        return next((limit for limit in self.limits if limit.metric.key == key), None)

    def as_config(self) -> Dict[str, float]:
        """The budget as a file would spell it, in the keys' own units."""
        return {limit.metric.key: round(limit.metric.shown(limit.bound), 9) for limit in self.limits}


def budget_of(values: Dict[str, float], name: Optional[str] = None) -> Budget:
    """A budget from keys and values in config units, checked for limits that cannot be meant."""
    limits = []
    for key, value in values.items():
        metric = metric_of(key)
        if metric is None:
            raise ConfigError(f'unknown budget key "{key}"')
        if not isfinite(value) or value <= 0:
            raise ConfigError(f"{key} is {value:g}, expected a number above 0")
        limits.append(Limit(metric, value * metric.scale))
    if not limits:
        raise ConfigError("the budget is empty", "name at least one limit, such as p99_ms: 33.3")
    percentiles = sorted(
        (limit for limit in limits if limit.metric.percent), key=lambda limit: limit.metric.percent or 0
    )
    for lower, higher in zip(percentiles, percentiles[1:]):
        if lower.bound > higher.bound:
            raise ConfigError(
                f"{lower} contradicts {higher}",
                f"{lower.metric.key} is never above {higher.metric.key}; lower it or leave it out",
            )
    return Budget(tuple(limits), name)


CAMERA_30_FPS = budget_of({"p99_ms": 33.3, "fps": 30.0}, name="30 fps camera")
