"""What a check would run on and about how long it would take, without running anything."""

from __future__ import annotations

from edgeprof.config import Request
from edgeprof.convert import known
from edgeprof.convert.cache import Cache
from edgeprof.convert.sources import resolve
from edgeprof.workflow.prepare import recipe_of

_OVERHEAD_S = 3.0  # loading and the least warm-up of one process


def foresee(request: Request, cache: Cache) -> tuple[list[str], float]:
    """The input of each model, and the seconds of sampling that a clean PASS takes at the least."""
    sampling = request.plan.sampling(tuple(limit.threshold for limit in request.budget.sequential))
    least_s = max(sampling.rule.pass_s if sampling.thresholds else 0.0, sampling.least_s)
    least_s = min(least_s, sampling.max_s)
    tensors = [_input(request, model, cache) for model in request.models]
    return tensors, len(request.models) * request.plan.processes * (least_s + _OVERHEAD_S)


def _input(request: Request, model: str, cache: Cache) -> str:
    source = resolve(model)
    artefact = known(recipe_of(request, model, request.runtime), cache)
    if artefact:
        return f"{source.name}: {', '.join(map(str, artefact.inputs))}"
    if request.frame:
        return f"{source.name}: {_frames(request)}"
    if request.shapes:
        return f"{source.name}: " + ", ".join(f"{n} {'x'.join(map(str, s))}" for n, s in request.shapes.items())
    resolution = request.resolution
    if resolution.is_native:
        return f"{source.name}: {request.batch} x the model's own size, known once it is exported"
    return f"{source.name}: {request.batch}x3x{resolution.height}x{resolution.width}"


def _frames(request: Request) -> str:
    size = request.resolution if request.frame is None or request.frame.is_native else request.frame
    if size.is_native:
        return f"{request.batch} x uint8 frames of the model's own size, known once it is exported"
    return f"{request.batch}x{size.height}x{size.width}x3 uint8"
