"""What an error of CUDA's means to the user."""

from __future__ import annotations

from ctypes import byref, c_int
from typing import Any, Sequence

from edgeprof.core.errors import AgentError, RuntimeUnavailable

OUT_OF_MEMORY, INSUFFICIENT_DRIVER, NO_DEVICE = 2, 35, 100
# Of the card itself, or of what it was doing: nothing more can be had of it in this process.
_LOST = (46, 100, 101, 214, 220, 700, 702, 709, 710, 715, 716, 717, 718, 719, 721, 800, 999)


def trouble(library: Any, code: int, doing: str) -> Exception:
    """The error to raise for a code other than 0."""
    words = library.cudaGetErrorString(code).decode(errors="replace")
    number = c_int()
    library.cudaDriverGetVersion(byref(number))
    return told(code, words, number.value, version_words(library), doing)


def told(code: int, words: str, driver: int, library: str, doing: str) -> Exception:
    """`driver`: the newest CUDA it runs, 12020 for 12.2, 0 where there is none."""
    if driver == 0:
        return RuntimeUnavailable(
            "there is no NVIDIA driver here (libcuda.so.1)",
            "install it; in a container, start it with --gpus all or --runtime nvidia",
        )
    runs = f"{driver // 1000}.{driver % 1000 // 10}"
    if code == INSUFFICIENT_DRIVER:
        return RuntimeUnavailable(
            f"the NVIDIA driver is too old: it runs CUDA {runs}, and {library} needs a newer one",
            "update the driver, or install the TensorRT and CUDA libraries for its version",
        )
    if doing == "looking for a card" or code == NO_DEVICE:
        return RuntimeUnavailable(
            f"the NVIDIA driver shows no card: {words}", "see nvidia-smi and CUDA_VISIBLE_DEVICES, or use the cpu"
        )
    if code in _LOST:
        return AgentError(f"the card was lost while {doing}: {words} (CUDA error {code})", "see dmesg for an Xid")
    number = f" {code}" if code else ""
    return AgentError(f"CUDA error{number} while {doing}: {words}", "run it again; --runtime onnxruntime goes without")


def no_card(index: int, count: int) -> RuntimeUnavailable:
    return RuntimeUnavailable(f"there is no card {index} here, they are 0 to {count - 1}", "see nvidia-smi -L")


def does_not_fit(asked: int, free: int, what: str) -> MemoryError:
    return MemoryError(f"does not fit: {asked} bytes of {what} were asked for, {free} are free")


def no_library(names: Sequence[str]) -> RuntimeUnavailable:
    return RuntimeUnavailable(
        f"none of {', '.join(names)} is found",
        "install CUDA's runtime: pip install nvidia-cuda-runtime, or on a Jetson sudo apt install nvidia-jetpack",
    )


def version_words(library: Any) -> str:
    """libcudart.so.13, from wherever it was loaded."""
    return str(library._name).rpartition("/")[2]
