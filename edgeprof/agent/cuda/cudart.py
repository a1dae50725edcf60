"""CUDA through libcudart by ctypes: nothing has to be installed for it where TensorRT runs."""

from __future__ import annotations

from ctypes import byref, c_char, c_float, c_int, c_size_t, c_void_p, create_string_buffer
from typing import Any, Callable, List, Tuple

from edgeprof.agent.cuda import CaptureRefused, Gpu
from edgeprof.agent.cuda.driver import uuid_words
from edgeprof.agent.cuda.library import usable, version_of
from edgeprof.agent.cuda.trouble import OUT_OF_MEMORY, does_not_fit, no_card, trouble, version_words
from edgeprof.core.errors import EdgeprofError

_SPIN, _BLOCK, _MAP_HOST = 1, 4, 8  # cudaSetDeviceFlags
_HOST_MAPPED = 2  # cudaHostAlloc
_NON_BLOCKING = 1  # cudaStreamCreateWithFlags: it does not wait for the default stream
_EVENT_BLOCKS, _EVENT_UNTIMED = 1, 2
_TO_DEVICE, _TO_HOST = 1, 2
_THREAD_LOCAL = 1  # a capture that other threads' calls do not spoil
_INTEGRATED, _MAJOR, _MINOR = 18, 75, 76  # cudaDeviceGetAttribute
# cudaDeviceProp begins with the name and the uuid in every version; it has grown from 700 to 1000 bytes.
_PROPERTIES_BYTES, _NAME_BYTES, _UUID_BYTES = 1 << 14, 256, 16


class CudaRuntime:
    """All handles and addresses are plain numbers."""

    gpu: Gpu
    stream = 0

    def __init__(self, library: Any, *, spins: bool) -> None:
        self._library = library
        self.how = f"{version_words(library)} ({version_of(library, 'cudaRuntimeGetVersion')}) by ctypes"
        self._spins = spins
        self._host: List[int] = []
        self._device: List[int] = []
        self._events: List[int] = []
        self._graphs: List[int] = []
        self._executables: List[int] = []

    @classmethod
    def opened(cls, index: int, *, spins: bool) -> CudaRuntime:
        library, count = usable()
        if index >= count:
            raise no_card(index, count)
        made = cls(library, spins=spins)
        made.open(index)
        return made

    def open(self, index: int) -> None:
        """Take the card and make the stream."""
        self._call("opening the card", "cudaSetDevice", index)
        self._call("opening the card", "cudaSetDeviceFlags", (_SPIN if self._spins else _BLOCK) | _MAP_HOST)
        self.gpu = self._described(index)
        self.stream = self._made("cudaStreamCreateWithFlags", _NON_BLOCKING)

    def memory(self) -> Tuple[int, int]:
        free, total = c_size_t(), c_size_t()
        self._call("reading the card's memory", "cudaMemGetInfo", byref(free), byref(total))
        return free.value, total.value

    def allocate(self, size: int) -> int:
        address = c_void_p()
        code = self._library.cudaMalloc(byref(address), size)
        self._expect_room(code, size, "the card's memory")
        self._device.append(address.value or 0)
        return address.value or 0

    def pinned(self, shape: Tuple[int, ...], dtype: str, *, mapped: bool = False) -> Tuple[Any, int]:
        import numpy as np

        kind = np.dtype(dtype)
        size = int(np.prod(shape, dtype="int64")) * kind.itemsize
        address = c_void_p()
        code = self._library.cudaHostAlloc(byref(address), max(size, 1), _HOST_MAPPED if mapped else 0)
        self._expect_room(code, size, "pinned host memory")
        self._host.append(address.value or 0)
        there = c_void_p()
        if mapped:
            self._call("mapping host memory", "cudaHostGetDevicePointer", byref(there), address, 0)
        held: Any = (c_char * max(size, 1)).from_address(address.value or 0)
        return np.frombuffer(held, dtype=kind, count=size // kind.itemsize).reshape(shape), there.value or 0

    def copier_in(self, to: int, array: Any) -> Callable[[], None]:
        return self._copier(to, array.ctypes.data, array.nbytes, _TO_DEVICE)

    def copier_out(self, array: Any, source: int) -> Callable[[], None]:
        return self._copier(array.ctypes.data, source, array.nbytes, _TO_HOST)

    def event(self, *, timed: bool = False) -> int:
        flags = (0 if self._spins else _EVENT_BLOCKS) | (0 if timed else _EVENT_UNTIMED)
        made = self._made("cudaEventCreateWithFlags", flags)
        self._events.append(made)
        return made

    def record(self, event: int) -> None:
        code = self._library.cudaEventRecord(event, self.stream)
        if code:
            raise trouble(self._library, code, "inferring")

    def wait(self, event: int) -> None:
        code = self._library.cudaEventSynchronize(event)
        if code:
            raise trouble(self._library, code, "inferring")

    def seconds_between(self, first: int, second: int) -> float:
        milliseconds = c_float()
        self._call("reading an event", "cudaEventElapsedTime", byref(milliseconds), first, second)
        return milliseconds.value / 1e3

    def capture(self, work: Callable[[], Any]) -> Callable[[], None]:
        self._capturable("cudaStreamBeginCapture", self.stream, _THREAD_LOCAL)
        graph, executable = c_void_p(), c_void_p()
        refusal = ""
        try:
            work()
        except (EdgeprofError, RuntimeError) as error:  # what the work is told spoils the capture, and no more
            refusal = str(error)
        finally:
            code = self._library.cudaStreamEndCapture(self.stream, byref(graph))
            self._library.cudaGetLastError()  # it is told again by the next call otherwise
            if graph.value:
                self._graphs.append(graph.value)
        if refusal or code or not graph.value:
            raise CaptureRefused(refusal or self._words(code))
        self._capturable("cudaGraphInstantiateWithFlags", byref(executable), graph, 0)
        handle, stream, launch = executable.value or 0, self.stream, self._library.cudaGraphLaunch
        self._executables.append(handle)

        def launched() -> None:
            code = launch(handle, stream)
            if code:
                raise trouble(self._library, code, "launching the graph")

        return launched

    def close(self) -> None:
        """A card that is lost has nothing to be freed, and says so at each call: nobody is told again."""
        self._library.cudaStreamSynchronize(self.stream)
        for call, handles in (
            ("cudaGraphExecDestroy", self._executables),
            ("cudaGraphDestroy", self._graphs),
            ("cudaEventDestroy", self._events),
            ("cudaFree", self._device),
            ("cudaFreeHost", self._host),
            ("cudaStreamDestroy", [self.stream]),
        ):
            for handle in handles:
                getattr(self._library, call)(handle)

    def _copier(self, to: int, source: int, size: int, way: int) -> Callable[[], None]:
        stream, copy = self.stream, self._library.cudaMemcpyAsync

        def copied() -> None:
            code = copy(to, source, size, way, stream)
            if code:
                raise trouble(self._library, code, "copying")

        return copied

    def _described(self, index: int) -> Gpu:
        properties = create_string_buffer(_PROPERTIES_BYTES)
        self._call("describing the card", "cudaGetDeviceProperties", properties, index)
        major, minor, integrated = (self._attribute(which, index) for which in (_MAJOR, _MINOR, _INTEGRATED))
        return Gpu(
            name=properties.raw[:_NAME_BYTES].partition(b"\0")[0].decode(errors="replace"),
            capability=f"{major}.{minor}",
            memory_bytes=self.memory()[1],
            integrated=bool(integrated),
            driver=version_of(self._library, "cudaDriverGetVersion"),
            uuid=uuid_words(properties.raw[_NAME_BYTES : _NAME_BYTES + _UUID_BYTES]),
        )

    def _attribute(self, which: int, index: int) -> int:
        value = c_int()
        self._call("describing the card", "cudaDeviceGetAttribute", byref(value), which, index)
        return value.value

    def _made(self, call: str, flags: int) -> int:
        handle = c_void_p()
        self._call("opening the card", call, byref(handle), flags)
        return handle.value or 0

    def _expect_room(self, code: int, size: int, what: str) -> None:
        if code == OUT_OF_MEMORY:
            self._library.cudaGetLastError()
            raise does_not_fit(size, self.memory()[0], what)
        if code:
            raise trouble(self._library, code, "allocating memory")

    def _capturable(self, call: str, *arguments: Any) -> None:
        code = getattr(self._library, call)(*arguments)
        if code:
            self._library.cudaGetLastError()
            raise CaptureRefused(self._words(code))

    def _words(self, code: int) -> str:
        return str(self._library.cudaGetErrorString(code).decode(errors="replace"))

    def _call(self, doing: str, call: str, *arguments: Any) -> None:
        code = getattr(self._library, call)(*arguments)
        if code:
            raise trouble(self._library, code, doing)
