"""`edgeprof measure`: numbers without a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeprof.config import Request
from edgeprof.convert.cache import Cache
from edgeprof.core.measurement import Measurement
from edgeprof.workflow.device import open_device
from edgeprof.workflow.measuring import blank, measure_all
from edgeprof.workflow.prepare import prepare
from edgeprof.workflow.progress import Progress


def measure(
    request: Request, cache: Cache, folder: Path, progress: Progress
) -> Iterator[tuple[Measurement, Path | None]]:
    """Each model's measurement of the length asked for, and where it was saved."""
    with open_device(request.device, cache.root / "agent", is_configured=request.is_configured) as device:
        for model in request.models:
            ready = prepare(request, model, device, cache, progress)
            yield measure_all(
                ready,
                device,
                blank(ready, model, request.plan, None),
                request.plan.sampling(),
                progress,
                folder,
                request.lock_timeout_s,
                is_final=lambda so_far: not so_far.processes[-1].ended.is_whole,
            )
