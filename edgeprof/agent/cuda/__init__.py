"""What a plan needs of CUDA: one card's memory, stream, events and graphs, through whichever binding is there."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Callable, Optional, Protocol, Tuple

from edgeprof.agent.asking import PATIENCE_S, Unanswered, within
from edgeprof.core.errors import AgentError, RuntimeUnavailable


@dataclass(frozen=True)
class Gpu:
    """A card as its driver describes it."""

    name: str
    capability: str  # 8.7
    memory_bytes: int
    integrated: bool  # its memory is the host's
    driver: str  # the newest CUDA that the driver runs: 13.0
    uuid: Optional[str] = None  # GPU-8f6c...


class Cuda(Protocol):
    """One card of this process, with one stream that everything is put on in order."""

    how: str  # which binding, for the record
    gpu: Gpu
    stream: int  # its handle, as TensorRT takes it

    def memory(self) -> Tuple[int, int]:
        """Bytes of the card's memory: free, and all."""

    def allocate(self, size: int) -> int:
        """The address of so many bytes on the card; MemoryError where they do not fit."""

    def pinned(self, shape: Tuple[int, ...], dtype: str, *, mapped: bool = False) -> Tuple[Any, int]:
        """An array that the card copies from and to directly; `mapped`: and its address there, for no copy at all."""

    def copier_in(self, to: int, array: Any) -> Callable[[], None]:
        """What puts a copy of a pinned array to the card on the stream."""

    def copier_out(self, array: Any, source: int) -> Callable[[], None]:
        """What puts a copy from the card into a pinned array on the stream."""

    def event(self, *, timed: bool = False) -> Any:
        """A mark for the stream; waiting for it spins or blocks as the card was opened to."""

    def record(self, event: Any) -> None: ...

    def wait(self, event: Any) -> None: ...

    def seconds_between(self, first: Any, second: Any) -> float: ...

    def capture(self, work: Callable[[], Any]) -> Callable[[], None]:
        """What launches the graph that `work` puts on the stream; CaptureRefused where there can be none."""

    def close(self) -> None:
        """Wait for the stream and free everything."""


class CaptureRefused(Exception):
    """What was put on the stream cannot become a graph; it can still be put there each time anew."""


def open_cuda(index: int = 0, *, spins: bool = False) -> Cuda:
    """The card of that number, through pycuda where it is installed, else through libcudart."""
    if _has_pycuda():
        from edgeprof.agent.cuda.pycuda_driver import PyCuda

        return PyCuda(index, spins=spins)
    from edgeprof.agent.cuda.cudart import CudaRuntime

    return CudaRuntime.opened(index, spins=spins)


def first() -> Optional[Gpu]:
    """The first card of this machine; None where none can be used."""
    if absence() is not None:
        return None
    card = open_cuda()
    try:
        return card.gpu
    finally:
        card.close()


def absence(patience_s: float = PATIENCE_S) -> Optional[RuntimeUnavailable]:
    """Why nothing can run on a card here, None where something can; leaves no context on any."""
    try:
        within(patience_s, _look)
    except Unanswered as silence:
        return RuntimeUnavailable(str(silence), "see dmesg for an Xid; reboot")
    except (RuntimeUnavailable, AgentError) as error:
        return RuntimeUnavailable(error.message, error.hint)
    return None


def _look() -> None:
    """For a card, through what would open it."""
    if _has_pycuda():
        from edgeprof.agent.cuda.pycuda_driver import cards
    else:
        from edgeprof.agent.cuda.library import usable as cards
    cards()


def _has_pycuda() -> bool:
    return find_spec("pycuda") is not None
