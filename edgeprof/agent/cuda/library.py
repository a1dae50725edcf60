"""libcudart: where it may be, and what of it is called."""

from __future__ import annotations

import sys
from ctypes import CDLL, POINTER, byref, c_char_p, c_float, c_int, c_size_t, c_uint, c_ulonglong, c_void_p
from glob import escape, glob
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from edgeprof.agent.cuda.trouble import INSUFFICIENT_DRIVER, no_library, trouble

# CUDA 13, 12, and 11 as JetPack 5 has it; the newest that the driver runs is used.
NAMES = ("libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0")
_TOOLKIT = ("/usr/local/cuda/lib64", "/usr/local/cuda/lib", "/usr/local/cuda/targets/*/lib", "/usr/local/cuda-1*/lib*")

_INT, _SIZE, _POINTER = POINTER(c_int), POINTER(c_size_t), POINTER(c_void_p)
# Without these ctypes would take a 64-bit address for a C int.
SIGNATURES: Dict[str, Sequence[Any]] = {
    "cudaGetDeviceCount": [_INT],
    "cudaDriverGetVersion": [_INT],
    "cudaRuntimeGetVersion": [_INT],
    "cudaSetDevice": [c_int],
    "cudaSetDeviceFlags": [c_uint],
    "cudaDeviceGetAttribute": [_INT, c_int, c_int],
    "cudaGetDeviceProperties": [c_void_p, c_int],
    "cudaMemGetInfo": [_SIZE, _SIZE],
    "cudaMalloc": [_POINTER, c_size_t],
    "cudaFree": [c_void_p],
    "cudaHostAlloc": [_POINTER, c_size_t, c_uint],
    "cudaFreeHost": [c_void_p],
    "cudaHostGetDevicePointer": [_POINTER, c_void_p, c_uint],
    "cudaMemcpyAsync": [c_void_p, c_void_p, c_size_t, c_int, c_void_p],
    "cudaStreamCreateWithFlags": [_POINTER, c_uint],
    "cudaStreamSynchronize": [c_void_p],
    "cudaStreamDestroy": [c_void_p],
    "cudaStreamBeginCapture": [c_void_p, c_int],
    "cudaStreamEndCapture": [c_void_p, _POINTER],
    "cudaEventCreateWithFlags": [_POINTER, c_uint],
    "cudaEventRecord": [c_void_p, c_void_p],
    "cudaEventSynchronize": [c_void_p],
    "cudaEventElapsedTime": [POINTER(c_float), c_void_p, c_void_p],
    "cudaEventDestroy": [c_void_p],
    "cudaGraphInstantiateWithFlags": [_POINTER, c_void_p, c_ulonglong],  # cudaGraphInstantiate changed with 12
    "cudaGraphLaunch": [c_void_p, c_void_p],
    "cudaGraphExecDestroy": [c_void_p],
    "cudaGraphDestroy": [c_void_p],
    "cudaGetLastError": [],
    "cudaGetErrorString": [c_int],
}


def usable() -> Tuple[Any, int]:
    """The newest libcudart that this machine's driver runs, and how many cards it sees, one at the least."""
    loaded = list(_loaded())
    if not loaded:
        raise no_library(NAMES)
    codes = []
    for library in loaded:
        count = c_int()
        code = library.cudaGetDeviceCount(byref(count))
        if code == 0 and count.value > 0:
            return library, count.value
        codes.append(code)
    # Too old for one, it may be without a card for another: this is the one that says more.
    first = next((i for i, code in enumerate(codes) if code != INSUFFICIENT_DRIVER), 0)
    raise trouble(loaded[first], codes[first], "looking for a card")


def version_of(library: Any, call: str) -> str:
    """13.2 of 13020; 0.0 where the library does not say, as without a driver."""
    number = c_int()
    getattr(library, call)(byref(number))
    return f"{number.value // 1000}.{number.value % 1000 // 10}"


def declared(library: Any) -> Any:
    """The library with the types of everything that is called; AttributeError names what it lacks."""
    for name, arguments in SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes = list(arguments)
        function.restype = c_char_p if name == "cudaGetErrorString" else c_int
    return library


def places(name: str) -> List[str]:
    """By its name alone, as the loader finds it, then where wheels and toolkits put it."""
    folders = [f"{escape(folder)}/nvidia/*/lib" for folder in sys.path if folder]
    return [name, *(path for folder in (*folders, *_TOOLKIT) for path in sorted(glob(f"{folder}/{name}")))]


def _loaded() -> Iterator[Any]:
    """One of each version that is here."""
    for name in NAMES:
        for place in places(name):
            try:
                yield declared(CDLL(place))
                break
            except (OSError, AttributeError):  # not there, not for this processor, or older than what is called
                continue
