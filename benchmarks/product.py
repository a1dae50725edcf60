"""edgeprof's own path to a measured process: a job prepared as check prepares it, on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edgeprof.agent.host import allowed_threads
from edgeprof.agent.runtimes.inputs import staged
from edgeprof.config import load_request
from edgeprof.convert.cache import Cache
from edgeprof.core.machine import Machine
from edgeprof.core.measurement import Plan, Process
from edgeprof.store.measurements import default_folder
from edgeprof.workflow.device import Device, open_device
from edgeprof.workflow.prepare import prepare
from edgeprof.workflow.process import Prepared, measure_process
from edgeprof.workflow.progress import Silence
from edgeprof.workflow.workshop import Workshop

_LOCAL = Machine("local")


@dataclass(frozen=True)
class Case:
    """What is compared in one go."""

    model: str
    res: str
    runtime: str

    def __str__(self) -> str:
        return f"{self.model}@{self.res}/{self.runtime}"


def cases(sizes: Iterable[tuple[str, str]]) -> tuple[Case, ...]:
    """Models and sizes on each runtime that a CPU has."""
    return tuple(Case(model, res, runtime) for runtime in ("onnxruntime", "openvino") for model, res in sizes)


def asked_for(every: Iterable[Case], texts: Sequence[str] | None) -> list[Case]:
    """Those whose name holds one of the texts, or all."""
    return [case for case in every if not texts or any(text in str(case) for text in texts)]


@dataclass(frozen=True)
class Subject:
    """One model at one resolution on one runtime, ready to be measured by edgeprof or by anything else."""

    device: Device
    prepared: Prepared

    @property
    def artefact(self) -> str:
        return self.prepared.artefact.path

    @property
    def threads(self) -> int:
        return self.prepared.job.threads or allowed_threads()

    def save_inputs(self, folder: Path) -> dict[str, Path]:
        """The very values that edgeprof feeds, one .npy for each input."""
        import numpy as np

        paths = {}
        for name, array in staged(self.prepared.job, {}).items():
            paths[name] = folder / f"{name}.npy"
            np.save(paths[name], array)
        return paths

    def bare(self, seconds: float, inputs: dict[str, Path]) -> tuple[str, ...]:
        """The arguments of benchmarks.bare for the same job."""
        files = (f"{name}={path}" for name, path in inputs.items())
        return (self.prepared.job.runtime, self.artefact, str(self.threads), str(seconds), *files)

    def measure(self, seconds: float) -> Process:
        """A measured process of so many seconds, started and watched as check does it."""
        process, _ = measure_process(self.device, self.prepared, Plan(duration_s=seconds).sampling(), Silence())
        if not process.ended.is_whole or not process.samples_s:
            raise RuntimeError(f"the measured process {process.ended.value}: {process.message}")
        if process.precision != self.prepared.job.precision:
            raise RuntimeError(f"{self.prepared.job.runtime} computes in {process.precision}")
        return process


@contextmanager
def subject(
    model: str, res: str, runtime: str, machine: Machine = _LOCAL, precision: str = "fp32"
) -> Iterator[Subject]:
    """Exported and proved at most once: the artefact and its parity stay in the cache."""
    request = load_request(
        {"models": (model,), "res": res, "runtime": runtime, "precision": precision}, cwd=Path("/"), environ={}
    )
    workshop = Workshop(Cache.default(), default_folder(os.environ), Silence())
    with open_device(machine, workshop) as device:
        print(f"  preparing {model} at {res} on {runtime} in {precision}", file=sys.stderr)
        yield Subject(device, prepare(request, model, device, workshop).prepared)
