"""A libcudart of C whose card is the host: its memory, its copies, and a stream on which nothing waits."""

from __future__ import annotations

from ctypes import CDLL
from pathlib import Path

from agent.cuda.made_of_c import cudart_of_c
from edgeprof.agent.cuda.cudart import CudaRuntime
from edgeprof.agent.cuda.library import declared

_BODIES = {
    "cudaMalloc": "(void **to, size_t size) { *to = malloc(size); return 0; }",
    "cudaFree": "(void *at) { free(at); return 0; }",
    "cudaHostAlloc": "(void **to, size_t size, unsigned how) { *to = malloc(size); return 0; }",
    "cudaHostGetDevicePointer": "(void **to, void *at, unsigned how) { *to = at; return 0; }",
    "cudaFreeHost": "(void *at) { free(at); return 0; }",
    "cudaMemcpyAsync": "(void *to, void *from, size_t size, int way, void *on) { memcpy(to, from, size); return 0; }",
    "cudaStreamCreateWithFlags": "(void **made, unsigned how) { *made = (void *)8; return 0; }",
    "cudaEventCreateWithFlags": "(void **made, unsigned how) { *made = (void *)16; return 0; }",
    "cudaEventElapsedTime": "(float *ms, void *first, void *second) { *ms = 0.25f; return 0; }",
}


def card_of_host_memory(folder: Path) -> CudaRuntime:
    library = declared(CDLL(str(cudart_of_c(folder / "libcudart-of-host-memory.so", **_BODIES))))
    card = CudaRuntime(library, spins=False)
    card.open(0)
    return card
