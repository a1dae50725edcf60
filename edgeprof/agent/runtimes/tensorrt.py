"""TensorRT on an NVIDIA card, with whichever of its libraries is there: `tensorrt`, or `tensorrt_rtx`."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent import cuda
from edgeprof.agent.cuda import CaptureRefused, Cuda
from edgeprof.agent.runtimes import PlanNeeded
from edgeprof.agent.runtimes.inputs import staged, taken_as
from edgeprof.agent.trt import plans
from edgeprof.agent.trt.library import INSTALL, found, load, named
from edgeprof.agent.trt.loaded import Loaded, load_plan
from edgeprof.agent.trt.log import BuildLog
from edgeprof.agent.trt.plans import Kept
from edgeprof.agent.trt.surface import Surface
from edgeprof.agent.trt.switches import Switches, order_of, switches_of
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.job import Job

_PRECISIONS = ["fp16", "fp32", "int8"]  # those that graphs are made in
_TIMINGS = "timings"


class TensorRt:
    distributions: Tuple[str, ...] = ()
    install = INSTALL

    def version(self) -> Optional[str]:
        """With the library's name: `tensorrt_rtx` is another one. The name alone where it cannot be imported."""
        try:
            library = found()
        except RuntimeUnavailable:  # `absence` tells of it
            return named()
        return str(library) if library else None

    def absence(self) -> Optional[RuntimeUnavailable]:
        try:
            found()
        except RuntimeUnavailable as error:
            return error
        return cuda.absence()

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        return list(_PRECISIONS)

    @contextmanager
    def open(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> Iterator[TensorRtSession]:
        switches, surface = _settled(job)
        log = BuildLog()
        with _card(switches) as card:
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

    def build(self, job: Job, artefact: str, hear: Callable[[str], None]) -> None:
        from edgeprof.agent.trt import timing
        from edgeprof.agent.trt.build import build

        switches, surface = _settled(job)
        within = plans.root()
        with _card(switches) as card, plans.workspace(within) as folder:
            timings = timing.path_in(within / _TIMINGS, surface.library, f"{card.gpu.name} {card.gpu.capability}")
            built = build(
                order_of(job, switches),
                Path(artefact),
                folder / "model.plan",
                timings,
                lambda phase, done, steps: hear(f"{phase}: {done} of {steps}"),
            )
            plans.keep(_key(job, switches, surface, card), folder / "model.plan", built, within)


class TensorRtSession:
    threads = 1  # of the host's

    def __init__(self, job: Job, loaded: Loaded, kept: Kept, card: Cuda, switches: Switches, log: BuildLog) -> None:
        self.precision = _precision_reached(job.precision, loaded, kept)
        self.plan_digest, self.plan_path = kept.digest, str(kept.path)
        self.plan_bytes = kept.built.size_bytes
        self.gpu_uuid = card.gpu.uuid
        self._on_dla = kept.built.on_dla
        self._loaded, self._card, self._switches, self._log = loaded, card, switches, log
        self._weights_bytes = kept.built.weights_bytes or 0
        self._tensors_bytes = 0
        self._done = card.event()
        self._marks = [card.event(timed=True) for _ in range(4)]
        self._copies_in: List[Callable[[], None]] = []
        self._copies_out: List[Callable[[], None]] = []
        self._outputs: List[Any] = []

    def stage(self, arrays: Mapping[str, Any]) -> None:
        """Everything that is done once: memory, inputs, a first inference, and the graph of it."""
        addresses: Dict[str, int] = {}
        filling: List[Callable[[], None]] = []
        for tensor in self._loaded.inputs:
            array, addresses[tensor.name] = self._room(tensor.shape, tensor.dtype)
            array[...] = taken_as(tensor, arrays)
            filling.append(self._card.copier_in(addresses[tensor.name], array))
        emptying: List[Callable[[], None]] = []
        for tensor in self._loaded.outputs:
            array, addresses[tensor.name] = self._room(tensor.shape, tensor.dtype)
            emptying.append(self._card.copier_out(array, addresses[tensor.name]))
            self._outputs.append(array)
        if self._switches.copies == "in":
            self._copies_in, self._copies_out = filling, emptying
        self._copies_back = emptying if self._switches.copies == "out" else []
        self._enqueue = self._loaded.bind(addresses, self._card.stream)
        self._compute: Callable[[], Any] = self._enqueued
        for copy in filling if self._switches.copies != "mapped" else []:
            copy()
        self.infer()  # some kernels are loaded by it, which cannot be captured
        said = (self._switches.words(self._captured()), self._on_dla, self._card.how)
        self.inside_infer = "; ".join(filter(None, said))
        self.infer()  # what will be timed, be it the graph or not after a capture that failed

    def infer(self) -> None:
        for copy in self._copies_in:
            copy()
        self._compute()
        for copy in self._copies_out:
            copy()
        self._card.record(self._done)
        self._card.wait(self._done)

    def infer_marked(self) -> None:
        record, marks = self._card.record, self._marks
        record(marks[0])
        for copy in self._copies_in:
            copy()
        record(marks[1])
        self._compute()
        record(marks[2])
        for copy in self._copies_out:
            copy()
        record(marks[3])
        self._card.wait(marks[3])

    def parts_s(self) -> Mapping[str, float]:
        between, marks = self._card.seconds_between, self._marks
        return {name: between(marks[i], marks[i + 1]) for i, name in enumerate(("h2d", "compute", "d2h"))}

    def outputs(self) -> Sequence[Any]:
        for copy in self._copies_back:
            copy()
        self._card.record(self._done)
        self._card.wait(self._done)
        return [array.copy() for array in self._outputs]

    def device_bytes(self) -> Optional[int]:
        """Weights, activations and scratch, inputs and outputs: what the plan takes, without what CUDA does."""
        return self._weights_bytes + self._loaded.device_bytes() + self._tensors_bytes

    def _room(self, shape: Tuple[int, ...], dtype: str) -> Tuple[Any, int]:
        """An array on the host and an address on the card, of one memory where it is mapped."""
        is_mapped = self._switches.copies == "mapped"
        try:
            array, address = self._card.pinned(shape, dtype, mapped=is_mapped)
        except TypeError as error:
            raise ConvertError(
                f"the plan has a tensor of {dtype}, which numpy does not know", "export it in fp32"
            ) from error
        if is_mapped:
            return array, address
        self._tensors_bytes += array.nbytes
        return array, self._card.allocate(max(array.nbytes, 1))

    def _enqueued(self) -> None:
        if not self._enqueue():
            raise RuntimeError(f"{self._loaded.surface.library} did not start an inference: {self._log.last}")

    def _captured(self) -> str:
        if not self._switches.graph:
            return "no CUDA graph"
        try:
            launch = self._card.capture(self._enqueued)
        except CaptureRefused as error:
            return f"no CUDA graph (refused: {error})"
        self._compute = launch
        return "one CUDA graph"


def _settled(job: Job) -> Tuple[Switches, Surface]:
    if job.precision not in _PRECISIONS:
        raise RuntimeUnavailable(
            f"tensorrt computes a graph in its own types, and none is made in {job.precision}",
            f"use --precision {' or '.join(_PRECISIONS)}",
        )
    if job.form != "onnx":
        raise ConvertError(f"tensorrt reads onnx, not {job.form}", "use another --runtime")
    switches = switches_of(job.options)
    return switches, Surface(*load())


def _key(job: Job, switches: Switches, surface: Surface, card: Cuda) -> str:
    return plans.key_for(job.artefact, order_of(job, switches), surface.library, card.gpu)


@contextmanager
def _card(switches: Switches) -> Iterator[Cuda]:
    with ExitStack() as held:
        card = cuda.open_cuda(switches.gpu, spins=switches.spins)
        held.callback(card.close)
        yield card


def _precision_reached(precision: str, loaded: Loaded, kept: Kept) -> str:
    """Where the builder was free to choose, what it chose; a plan that silently stayed fp32 is an error."""
    if kept.built.strongly_typed:
        return kept.built.precision
    told = loaded.precisions()
    if told and precision not in told:
        seen = ", ".join(f"{count} in {name}" for name, count in sorted(told.items()))
        raise ConvertError(f"{precision} was asked for, and the plan's layers are {seen}", "use --precision fp32")
    return precision
