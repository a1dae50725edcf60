"""The frozen request: every value that a check needs, and where each came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeprof.config.quantity import Batch, shown_warm_up
from edgeprof.config.running import Running
from edgeprof.core.budget import Budget
from edgeprof.core.machine import Machine
from edgeprof.core.measurement import Plan
from edgeprof.core.resolution import Resolution


@dataclass(frozen=True)
class Request:
    """`origins` has a key for every line of `lines`; paths are absolute, times in seconds."""

    models: tuple[str, ...]
    candidates: tuple[str, ...]  # all the file names, whether or not they are among `models`
    resolution: Resolution
    batch: int
    is_dynamic: bool  # the graph takes other batches too
    features: bool  # the feature pyramid instead of the classifier
    frame: Resolution | None  # of a camera, which the graph takes; native: as large as the network's input
    fit: str
    bgr: bool
    shapes: Mapping[str, tuple[int, ...]]
    inputs: Mapping[str, str]
    machine: Machine
    runtime: str
    raced: tuple[str, ...]  # what runtime auto races, the preferred one first
    precision: str
    weights: str
    calibration: str | None  # a folder
    threads: int | None
    running: Running
    budget: Budget
    plan: Plan
    allow: frozenset[str]
    accept: frozenset[str]
    retries: int
    reuse_s: float | None  # None: always measure
    lock_timeout_s: float | None  # None: wait for as long as it takes
    wait_for_device_s: float | None  # None: a device that is not reached is an error at once
    cools_down: bool  # between candidates
    origins: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def lines(self) -> list[tuple[str, str, str]]:
        """Key, value and origin of everything, as --dry-run prints it."""
        return [(key, text, self.origins[key]) for key, text in self._texts().items()]

    def _texts(self) -> dict[str, str]:
        plan = self.plan
        return {
            "model": ", ".join(self.models),
            "candidates": ", ".join(self.candidates) or "none",
            "res": str(self.resolution),
            "batch": str(Batch(self.batch, self.is_dynamic)),
            "features": _yes(self.features),
            "frame": _frame(self.frame),
            "fit": self.fit,
            "bgr": _yes(self.bgr),
            **{f"shapes.{name}": "x".join(map(str, shape)) for name, shape in self.shapes.items()},
            **{f"inputs.{name}": path for name, path in self.inputs.items()},
            **_machine_texts(self.machine),
            "runtime": self.runtime,
            "raced": ", ".join(self.raced) or "none",
            "precision": self.precision,
            "weights": self.weights,
            "calibration": self.calibration or "none",
            "threads": str(self.threads) if self.threads else "as many as the device allows",
            **self.running.texts(self.runtime),
            **{f"budget.{limit.metric.key}": str(limit) for limit in self.budget.limits},
            "processes": str(plan.processes),
            "quick": _yes(plan.quick),
            "max_duration": f"{plan.max_duration_s:g} s",
            "warmup": shown_warm_up(plan.warm_up),
            "cool_down": _yes(self.cools_down),
            "duration": f"{plan.duration_s:g} s" if plan.duration_s else "until decided",
            "iterations": str(plan.samples) if plan.samples else "until decided",
            "allow": ", ".join(sorted(self.allow)) or "none",
            "accept": ", ".join(sorted(self.accept)) or "none",
            "retries": str(self.retries),
            "reuse": _seconds(self.reuse_s),
            "lock_timeout": _seconds(self.lock_timeout_s),
            "wait_for_device": _seconds(self.wait_for_device_s),
        }


def _machine_texts(machine: Machine) -> dict[str, str]:
    profile = machine.profile
    return {
        "device": machine.name,
        "host": machine.host or "this machine",
        "profile": profile.name if profile else "none",
        "python": machine.interpreter if machine.host or machine.python else "the one that runs this",
        **({f"require.{key}": _required(value) for key, value in machine.require.items()} or {"require": "nothing"}),
        "power_mode": machine.power_mode or "as it is",
        "lock_clocks": _yes(machine.lock_clocks),
    }


def _frame(frame: Resolution | None) -> str:
    if frame is None:
        return "none"
    return "uint8, as large as the network's input" if frame.is_native else f"uint8 {frame}"


def _required(value: str | bool) -> str:
    return _yes(value) if isinstance(value, bool) else value


def _seconds(value: float | None) -> str:
    return f"{value:g} s" if value else "none"


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"
