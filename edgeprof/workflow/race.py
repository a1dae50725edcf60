"""Which runtime is fastest here: a few frames each in a process of its own, and none of the samples used again."""

from __future__ import annotations

from collections.abc import Sequence

from edgeprof.core.errors import ConvertError, RuntimeUnavailable, TargetError
from edgeprof.core.measurement import Ended, Lap, Process
from edgeprof.core.sampling import Sampling
from edgeprof.core.stats.median import median
from edgeprof.core.stats.steady import WarmUp
from edgeprof.workflow.device import Device
from edgeprof.workflow.process import Prepared, measure_process
from edgeprof.workflow.progress import Progress, Words

_WARM_UP = WarmUp(floor_samples=5, floor_s=0.5, until_steady=False)
_FRAMES_S = 1.0


def race(
    starts: Sequence[Prepared], device: Device, progress: Progress, lock_timeout_s: float | None = None
) -> tuple[Lap, ...]:
    """A lap for each start, in the same order. One that cannot run has a message instead of a time."""
    laps = []
    for prepared in starts:
        progress.show(f"racing {prepared.job.runtime} {prepared.job.precision}")
        laps.append(_lap(prepared, device, Words(progress), lock_timeout_s))
    for lap in laps:
        time = f"{lap.median_s * 1e3:.4g} ms" if lap.median_s is not None else f"out: {lap.message}"
        progress.say(f"race: {lap.runtime} {lap.precision} {time}")
    return tuple(laps)


def _ending(process: Process) -> str:
    return ": ".join(filter(None, (process.ended.value, process.message)))


def _lap(prepared: Prepared, device: Device, progress: Progress, lock_timeout_s: float | None) -> Lap:
    job = prepared.job
    sampling = Sampling(_WARM_UP, max_s=_FRAMES_S, least_s=_FRAMES_S)
    try:
        process, _ = measure_process(device, prepared, sampling, progress, lock_timeout_s)
    except (ConvertError, RuntimeUnavailable) as error:
        return Lap(job.runtime, job.precision, None, 0, error.message)
    if process.ended is Ended.LOST:
        # It says nothing of a runtime.
        raise TargetError(process.message or "the link was lost", "see to the network", may_pass=True)
    if not process.ended.is_whole or not process.samples_s:
        return Lap(job.runtime, job.precision, None, len(process.samples_s), _ending(process))
    if process.precision != job.precision:
        return Lap(job.runtime, job.precision, None, len(process.samples_s), f"it computes in {process.precision}")
    return Lap(job.runtime, job.precision, median(process.samples_s), len(process.samples_s))
