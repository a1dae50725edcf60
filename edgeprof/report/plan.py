"""What a runtime compiled, what the device's own clock said of it, and what it takes there, as facts of the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgeprof.core.measurement import Process, Segments
from edgeprof.core.stats.median import median
from edgeprof.report.units import mib, ms

_NAMES = {"h2d": "copy in", "compute": "compute", "d2h": "copy out"}


def plan_facts(processes: Sequence[Process]) -> Iterator[tuple[str, str]]:
    """Nothing of a runtime that compiles nothing and has no clock of its own."""
    seen = dict.fromkeys((p.plan_digest, p.plan_bytes) for p in processes if p.plan_digest)
    for digest, size in seen:
        yield "plan", ", ".join([*([] if size is None else [mib(size)]), str(digest)[:12]])
    if len(seen) > 1:
        yield "builds", _builds(processes)
    device = max((p.device_bytes for p in processes if p.device_bytes is not None), default=None)
    if device is not None:
        yield "plan takes", f"{mib(device)} on the device: weights, activations, inputs and outputs"
    for number, process in enumerate(processes, 1):
        if process.segments is not None:
            yield "device time", f"process {number}: {segment_words(process.segments)}"


def segment_words(segments: Segments) -> str:
    parts = ", ".join(f"{_NAMES.get(name, name)} {ms(seconds)}" for name, seconds in segments.parts_s.items())
    return (
        f"{parts}; {ms(segments.host_s)} by the host's clock, {ms(segments.gap_s)} of it beside them "
        f"(medians of {segments.samples} inferences after the samples)"
    )


def _builds(processes: Sequence[Process]) -> str:
    """The median of each plan's processes: how far they lie apart is what building leaves to chance."""
    words = []
    for digest in dict.fromkeys(p.plan_digest for p in processes if p.plan_digest):
        samples = [s for p in processes if p.plan_digest == digest for s in p.samples_s]
        words.append(f"{digest[:12]} {ms(median(samples)) if samples else 'no samples'}")
    return f"medians of {len(words)} builds: {', '.join(words)}"
