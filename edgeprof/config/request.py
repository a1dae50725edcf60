"""The frozen request: every value that a check needs, and where each came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeprof.config.quantity import shown_warm_up
from edgeprof.core.budget import Budget
from edgeprof.core.measurement import Plan
from edgeprof.core.resolution import Resolution


@dataclass(frozen=True)
class Request:
    """`origins` has a key for every line of `lines`; paths are absolute, times in seconds."""

    models: tuple[str, ...]
    candidates: tuple[str, ...]  # all the file names, whether or not they are among `models`
    resolution: Resolution
    batch: int
    shapes: Mapping[str, tuple[int, ...]]
    inputs: Mapping[str, str]
    device: str
    host: str | None
    runtime: str
    precision: str
    weights: str
    threads: int | None
    budget: Budget
    plan: Plan
    allow: frozenset[str]
    accept: frozenset[str]
    retries: int
    reuse_s: float | None  # None: always measure
    lock_timeout_s: float | None  # None: wait for as long as it takes
    devices: Mapping[str, Mapping[str, Any]]
    origins: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def is_configured(self) -> bool:
        """Whether a file describes the device."""
        return self.device in self.devices

    def lines(self) -> list[tuple[str, str, str]]:
        """Key, value and origin of everything, as --dry-run prints it."""
        return [(key, text, self.origins[key]) for key, text in self._texts().items()]

    def _texts(self) -> dict[str, str]:
        plan = self.plan
        return {
            "model": ", ".join(self.models),
            "candidates": ", ".join(self.candidates) or "none",
            "res": str(self.resolution),
            "batch": str(self.batch),
            **{f"shapes.{name}": "x".join(map(str, shape)) for name, shape in self.shapes.items()},
            **{f"inputs.{name}": path for name, path in self.inputs.items()},
            "device": self.device,
            "host": self.host or "none",
            "runtime": self.runtime,
            "precision": self.precision,
            "weights": self.weights,
            "threads": str(self.threads) if self.threads else "as many as the device allows",
            **{f"budget.{limit.metric.key}": str(limit) for limit in self.budget.limits},
            "processes": str(plan.processes),
            "quick": "yes" if plan.quick else "no",
            "max_duration": f"{plan.max_duration_s:g} s",
            "warmup": shown_warm_up(plan.warm_up),
            "duration": f"{plan.duration_s:g} s" if plan.duration_s else "until decided",
            "iterations": str(plan.samples) if plan.samples else "until decided",
            "allow": ", ".join(sorted(self.allow)) or "none",
            "accept": ", ".join(sorted(self.accept)) or "none",
            "retries": str(self.retries),
            "reuse": f"{self.reuse_s:g} s" if self.reuse_s else "none",
            "lock_timeout": f"{self.lock_timeout_s:g} s" if self.lock_timeout_s else "none",
        }
