"""The one clock: time inferences back to back until told to stop. Nothing else in edgeprof times an inference."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from edgeprof.agent.runtimes import Marked
from edgeprof.agent.samples import COUNT, FIRST, STOP, Samples
from edgeprof.core.stats.median import median

# Inferences whose parts are looked at after the last sample: so many, or fewer where they take longer than this.
_MOST_SEGMENTED, _LEAST_SEGMENTED, _SEGMENTED_S = 50, 3, 1.0


def run(infer: Callable[[], None], clock_ns: Callable[[], int], samples: Samples, until: Optional[int] = None) -> None:
    """Append samples until stopped, until there are `until` of them, or until there is no room.

    Everything here that is not the inference is the harness's own cost, so the loop is kept to what it needs.
    """
    words = samples.words
    last = samples.capacity if until is None else min(until, samples.capacity)
    for index in range(samples.count, last):
        if words[STOP]:
            return
        begin = clock_ns()
        infer()
        end = clock_ns()
        words[FIRST + index] = end - begin
        words[COUNT] = index + 1


def segments(session: Marked, clock_ns: Callable[[], int]) -> Dict[str, Any]:
    """Medians of further inferences with the device's own marks in them, which cost time and are no samples."""
    hosts: List[float] = []
    parts, gaps = [], []
    while len(hosts) < _MOST_SEGMENTED and (len(hosts) < _LEAST_SEGMENTED or sum(hosts) < _SEGMENTED_S):
        begin = clock_ns()
        session.infer_marked()
        host_s = (clock_ns() - begin) / 1e9
        told = session.parts_s()
        hosts.append(host_s)
        parts.append(told)
        gaps.append(host_s - sum(told.values()))
    return {
        "samples": len(hosts),
        "host_s": median(hosts),
        "parts_s": {name: median(told[name] for told in parts) for name in parts[0]},
        "gap_s": median(gaps),
    }
