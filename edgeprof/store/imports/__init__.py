"""What other tools measured and wrote: a reader for each tool's files, which trusts none of them."""

from __future__ import annotations

from collections.abc import Callable

from edgeprof.store.imports import benchmark_app, ort, trtexec
from edgeprof.store.imports.times import Source, Times

TOOLS: dict[str, Callable[[Source], Times]] = {
    "trtexec": trtexec.times_of,
    "ort": ort.times_of,
    "benchmark_app": benchmark_app.times_of,
}
