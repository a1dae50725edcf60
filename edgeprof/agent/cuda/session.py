"""What every session on a card does alike: room for its tensors, copies, waiting, and the card's own times."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Mapping, Protocol, Sequence, Tuple

from edgeprof.agent import cuda
from edgeprof.agent.cuda import CaptureRefused, Cuda
from edgeprof.agent.cuda.switches import Switches
from edgeprof.agent.runtimes.inputs import taken_as
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor


class Bound(Protocol):
    """What computes with tensors that lie on the card."""

    @property
    def inputs(self) -> List[Tensor]: ...

    @property
    def outputs(self) -> List[Tensor]: ...

    def bind(self, addresses: Mapping[str, int], stream: int) -> Callable[[], Any]:
        """What puts one inference on the stream, with each tensor where it lies on the card; False: it did not."""


@contextmanager
def held(number: int, switches: Switches) -> Iterator[Cuda]:
    """The card that `show` gave a number, for as long as it is used."""
    card = cuda.open_cuda(number, spins=switches.spins)
    try:
        yield card
    finally:
        card.close()


class CardSession:
    threads = 1  # of the host's
    aside = ""  # what else one sample holds

    def __init__(self, loaded: Bound, card: Cuda, switches: Switches) -> None:
        self.loaded = loaded
        self.gpu_uuid = card.gpu.uuid
        self._card, self._switches = card, switches
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
        for tensor in self.loaded.inputs:
            array, addresses[tensor.name] = self._room(tensor.shape, tensor.dtype)
            array[...] = taken_as(tensor, arrays)
            filling.append(self._card.copier_in(addresses[tensor.name], array))
        emptying: List[Callable[[], None]] = []
        for tensor in self.loaded.outputs:
            array, addresses[tensor.name] = self._room(tensor.shape, tensor.dtype)
            emptying.append(self._card.copier_out(array, addresses[tensor.name]))
            self._outputs.append(array)
        if self._switches.copies == "in":
            self._copies_in, self._copies_out = filling, emptying
        self._copies_back = emptying if self._switches.copies == "out" else []
        self._enqueue = self.loaded.bind(addresses, self._card.stream)
        self._compute: Callable[[], Any] = self._enqueued
        for copy in filling if self._switches.copies != "mapped" else []:
            copy()
        self.infer()  # some kernels are loaded by it, which cannot be captured
        said = (self._switches.words(self._captured()), self.aside, self._card.how)
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

    def _room(self, shape: Tuple[int, ...], dtype: str) -> Tuple[Any, int]:
        """An array on the host and an address on the card, of one memory where it is mapped."""
        is_mapped = self._switches.copies == "mapped"
        try:
            array, address = self._card.pinned(shape, dtype, mapped=is_mapped)
        except TypeError as error:
            raise ConvertError(f"it has a tensor of {dtype}, which numpy does not know", "export it in fp32") from error
        if is_mapped:
            return array, address
        self._tensors_bytes += array.nbytes
        return array, self._card.allocate(max(array.nbytes, 1))

    def _enqueued(self) -> None:
        if self._enqueue() is False:
            raise RuntimeError(self._refusal())

    def _refusal(self) -> str:
        return "an inference did not start"

    def _captured(self) -> str:
        if not self._switches.graph:
            return "no CUDA graph"
        try:
            launch = self._card.capture(self._enqueued)
        except CaptureRefused as error:
            return f"no CUDA graph (refused: {error})"
        self._compute = launch
        return "one CUDA graph"
