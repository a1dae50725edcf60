"""A job on a card as a session of its plan: the plan found or built here, loaded, and its inputs staged."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Mapping, Optional, Tuple

from edgeprof.agent.cuda import Cuda
from edgeprof.agent.cuda.session import CardSession, held
from edgeprof.agent.cuda.shown import show
from edgeprof.agent.cuda.switches import Switches, switches_of
from edgeprof.agent.runtimes import PlanNeeded
from edgeprof.agent.runtimes.inputs import staged
from edgeprof.agent.trt import plans
from edgeprof.agent.trt.library import load
from edgeprof.agent.trt.loaded import Loaded, load_plan
from edgeprof.agent.trt.log import BuildLog
from edgeprof.agent.trt.order import order_of
from edgeprof.agent.trt.plans import Kept
from edgeprof.agent.trt.surface import Surface
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.job import Job

PRECISIONS = ("fp16", "fp32", "int8")  # those that graphs are made in
_TIMINGS = "timings"


@contextmanager
def opened(job: Job, inputs: Mapping[str, str]) -> Iterator[TensorRtSession]:
    """A session of the plan that is kept here for such a job."""
    switches, surface = _settled(job)
    log = BuildLog()
    with held(show(switches.gpu), switches) as card:
        kept = plans.find(_key(job, switches, surface, card), plans.root())
        if kept is None:
            raise PlanNeeded(f"there is none of it yet for {card.gpu.name}")
        free, total = card.memory()
        try:
            loaded = load_plan(surface, kept.path.read_bytes(), log, job.inputs, switches.dla)
        except MemoryError as error:
            raise MemoryError(f"{error}; {free} of {total} bytes were free on {card.gpu.name}") from error
        if loaded is None:
            kept.drop()
            raise PlanNeeded(f"the one that was kept does not load: {log.last}")
        session = TensorRtSession(job, loaded, kept, card, switches, log)
        session.stage(staged(job, inputs))
        yield session


def build_plan(job: Job, artefact: str, hear: Callable[[str], None]) -> None:
    """Build it, and keep it here."""
    from edgeprof.agent.trt import timing
    from edgeprof.agent.trt.build import build

    switches, surface = _settled(job)
    within = plans.root()
    with held(show(switches.gpu), switches) as card, plans.workspace(within) as folder:
        timings = timing.path_in(within / _TIMINGS, surface.library, f"{card.gpu.name} {card.gpu.capability}")
        built = build(
            order_of(job, switches),
            Path(artefact),
            folder / "model.plan",
            timings,
            lambda phase, done, steps: hear(f"{phase}: {done} of {steps}"),
        )
        plans.keep(_key(job, switches, surface, card), folder / "model.plan", built, within)


class TensorRtSession(CardSession):
    loaded: Loaded

    def __init__(self, job: Job, loaded: Loaded, kept: Kept, card: Cuda, switches: Switches, log: BuildLog) -> None:
        super().__init__(loaded, card, switches)
        self.precision = _precision_reached(job.precision, loaded, kept)
        self.plan_digest, self.plan_path = kept.digest, str(kept.path)
        self.plan_bytes = kept.built.size_bytes
        self.aside = kept.built.on_dla or ""
        self._log = log
        self._weights_bytes = kept.built.weights_bytes or 0

    def device_bytes(self) -> Optional[int]:
        """Weights, activations and scratch, inputs and outputs: what the plan takes, without what CUDA does."""
        return self._weights_bytes + self.loaded.device_bytes() + self._tensors_bytes

    def _refusal(self) -> str:
        return f"{self.loaded.surface.library} did not start an inference: {self._log.last}"


def _settled(job: Job) -> Tuple[Switches, Surface]:
    if job.precision not in PRECISIONS:
        raise RuntimeUnavailable(
            f"tensorrt computes a graph in its own types, and none is made in {job.precision}",
            f"use --precision {' or '.join(PRECISIONS)}",
        )
    if job.form != "onnx":
        raise ConvertError(f"tensorrt reads onnx, not {job.form}", "use another --runtime")
    switches = switches_of(job.options)
    return switches, Surface(*load())


def _key(job: Job, switches: Switches, surface: Surface, card: Cuda) -> str:
    return plans.key_for(job.artefact, order_of(job, switches), surface.library, card.gpu)


def _precision_reached(precision: str, loaded: Loaded, kept: Kept) -> str:
    """Where the builder was free to choose, what it chose; a plan that silently stayed fp32 is an error."""
    if kept.built.strongly_typed:
        return kept.built.precision
    told = loaded.precisions()
    if told and precision not in told:
        seen = ", ".join(f"{count} in {name}" for name, count in sorted(told.items()))
        raise ConvertError(f"{precision} was asked for, and the plan's layers are {seen}", "use --precision fp32")
    return precision
