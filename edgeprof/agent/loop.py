"""The one clock: time inferences back to back until told to stop. Nothing else in edgeprof times an inference."""

from __future__ import annotations

from typing import Callable, Optional

from edgeprof.agent.samples import COUNT, FIRST, STOP, Samples


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
