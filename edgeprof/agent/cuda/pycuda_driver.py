"""CUDA through pycuda, where somebody has installed it."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

from edgeprof.agent.cuda import CaptureRefused, Gpu
from edgeprof.agent.cuda.driver import code_of, loaded, uuid_of
from edgeprof.agent.cuda.trouble import NO_DEVICE, does_not_fit, no_card, told
from edgeprof.core.errors import EdgeprofError, RuntimeUnavailable

_LOOKING = "looking for a card"


class PyCuda:
    """In the card's primary context, which TensorRT uses as well."""

    def __init__(self, index: int, *, spins: bool) -> None:
        driver, count = cards()
        if index >= count:
            raise no_card(index, count)
        self._cuda = driver
        self.how = f"pycuda {_version()}"
        self._spins = spins
        self._kept: List[Any] = []
        device = driver.Device(index)
        schedule = driver.ctx_flags.SCHED_SPIN if spins else driver.ctx_flags.SCHED_BLOCKING_SYNC
        self._context = device.retain_primary_context()
        if hasattr(device, "set_primary_context_flags"):
            device.set_primary_context_flags(schedule | driver.ctx_flags.MAP_HOST)
        self._context.push()
        self.gpu = _described(driver, device, index)
        self._stream = driver.Stream(1)  # it does not wait for the default stream
        self.stream = int(self._stream.handle)

    def memory(self) -> Tuple[int, int]:
        free, total = self._cuda.mem_get_info()
        return int(free), int(total)

    def allocate(self, size: int) -> int:
        try:
            allocation = self._cuda.mem_alloc(size)
        except self._cuda.MemoryError as error:
            raise does_not_fit(size, self.memory()[0], "the card's memory") from error
        self._kept.append(allocation)
        return int(allocation)

    def pinned(self, shape: Tuple[int, ...], dtype: str, *, mapped: bool = False) -> Tuple[Any, int]:
        flags = self._cuda.host_alloc_flags.DEVICEMAP if mapped else 0
        try:
            array = self._cuda.pagelocked_empty(shape, dtype, mem_flags=flags)
        except self._cuda.MemoryError as error:
            raise does_not_fit(_bytes_of(shape, dtype), self.memory()[0], "pinned host memory") from error
        return array, int(array.base.get_device_pointer()) if mapped else 0

    def copier_in(self, to: int, array: Any) -> Callable[[], None]:
        copy, stream = self._cuda.memcpy_htod_async, self._stream
        return lambda: self._told("copying", lambda: copy(to, array, stream))

    def copier_out(self, array: Any, source: int) -> Callable[[], None]:
        copy, stream = self._cuda.memcpy_dtoh_async, self._stream
        return lambda: self._told("copying", lambda: copy(array, source, stream))

    def event(self, *, timed: bool = False) -> Any:
        kinds = self._cuda.event_flags
        return self._cuda.Event((0 if self._spins else kinds.BLOCKING_SYNC) | (0 if timed else kinds.DISABLE_TIMING))

    def record(self, event: Any) -> None:
        self._told("inferring", lambda: event.record(self._stream))

    def wait(self, event: Any) -> None:
        self._told("inferring", event.synchronize)

    def seconds_between(self, first: Any, second: Any) -> float:
        return float(first.time_till(second)) / 1e3

    def capture(self, work: Callable[[], Any]) -> Callable[[], None]:
        if not hasattr(self._stream, "begin_capture"):
            raise CaptureRefused("this pycuda has no graphs")
        try:
            self._stream.begin_capture()
            try:
                work()
            finally:
                graph = self._stream.end_capture()
            executable = graph.instantiate()
        except (self._cuda.Error, EdgeprofError, RuntimeError, AttributeError) as error:
            raise CaptureRefused(str(error)) from error
        self._kept += [graph, executable]
        return lambda: self._told("launching the graph", lambda: executable.launch(self._stream))

    def close(self) -> None:
        """A card that is lost raises here once more; it has been told."""
        try:
            self._stream.synchronize()
        except self._cuda.Error:
            return
        finally:
            self._kept.clear()
            self._cuda.Context.pop()

    def _told(self, doing: str, act: Callable[[], Any]) -> None:
        try:
            act()
        except self._cuda.Error as error:
            library = loaded()
            code = 0 if library is None else code_of(library, str(error))
            raise told(code, str(error), self._cuda.get_driver_version(), "pycuda", doing) from error


def cards() -> Tuple[Any, int]:
    """pycuda's driver module, and how many cards it sees, one at the least; makes no context."""
    try:
        from pycuda import driver
    except ImportError as error:  # libcuda.so.1 is the driver's own
        raise RuntimeUnavailable(f"pycuda cannot be imported: {error}", "install the NVIDIA driver") from error
    try:
        driver.init()
        count = int(driver.Device.count())
    except driver.Error as error:
        raise told(NO_DEVICE, str(error), driver.get_driver_version(), "pycuda", _LOOKING) from error
    if count == 0:
        raise told(NO_DEVICE, "it counts none", driver.get_driver_version(), "pycuda", _LOOKING)
    return driver, count


def _version() -> str:
    import pycuda

    return str(pycuda.VERSION_TEXT)


def _described(driver: Any, device: Any, index: int) -> Gpu:
    library = loaded()
    major, minor = device.compute_capability()
    version = driver.get_driver_version()
    return Gpu(
        name=device.name(),
        capability=f"{major}.{minor}",
        memory_bytes=int(device.total_memory()),
        integrated=bool(device.get_attribute(driver.device_attribute.INTEGRATED)),
        driver=f"{version // 1000}.{version % 1000 // 10}",
        uuid=None if library is None else uuid_of(library, index),
    )


def _bytes_of(shape: Tuple[int, ...], dtype: str) -> int:
    import numpy as np

    return int(np.prod(shape, dtype="int64")) * np.dtype(dtype).itemsize
