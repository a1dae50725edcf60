"""One process in numbers, computed from its samples whenever they are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

from edgeprof.core.answer import Judged
from edgeprof.core.measurement import Measurement, Process
from edgeprof.core.ruling import fps
from edgeprof.core.stats.percentile import percentile_of_sorted


@dataclass(frozen=True)
class Summary:
    """None is "not known": a process that ended before its first sample has few numbers."""

    number: int
    process: Process
    samples_s: Sequence[float]  # those counted: without a warm-up that was noticed late
    late_warmup: int
    fps: Optional[float]
    warmup_s: Optional[float]  # time to steady

    def percentile(self, percent: float) -> Optional[float]:
        return percentile_of_sorted(sorted(self.samples_s), percent) if self.samples_s else None


def summaries(measurement: Measurement, late_warmups: Sequence[int] = ()) -> tuple[Summary, ...]:
    """Each process of the measurement, its first `late_warmups` samples left out."""
    found = []
    for i, process in enumerate(measurement.processes):
        late = late_warmups[i] if i < len(late_warmups) else 0
        found.append(
            Summary(
                number=i + 1,
                process=process,
                samples_s=process.samples_s[late:],
                late_warmup=late,
                fps=fps(process, measurement.job.batch),
                warmup_s=sum(process.warmup_s) if process.warmup_s else None,
            )
        )
    return tuple(found)


def judged_summaries(answer: Judged) -> tuple[Summary, ...]:
    """The processes as the verdict saw them: what it took for a late warm-up is not counted."""
    late = [0] * len(answer.measurement.processes)
    for ruling in answer.verdict.rulings:
        for i, process in enumerate(ruling.processes):
            if process.decision is not None:
                late[i] = max(late[i], process.decision.first)
    return summaries(answer.measurement, late)
