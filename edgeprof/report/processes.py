"""The processes as a table, a row each: they are judged alone, so they are shown alone."""

from __future__ import annotations

from typing import Optional, Sequence

from edgeprof.core.metric import MIB
from edgeprof.report.lines import Line
from edgeprof.report.summary import Summary
from edgeprof.report.tables import table
from edgeprof.report.units import column

HEADER = ("process", "samples", "p50 ms", "p99 ms", "fps", "load s", "peak MiB", "first ms", "warm-up s")


def process_table(processes: Sequence[Summary], width: int) -> list[Line]:
    if not processes:
        return []
    return table(HEADER, process_rows(processes), width=width, right=frozenset(range(len(HEADER))))


def process_rows(processes: Sequence[Summary]) -> list[tuple[str, ...]]:
    """The cells under `HEADER`."""
    return list(
        zip(
            [str(summary.number) for summary in processes],
            [str(len(summary.samples_s)) for summary in processes],
            column([_times(summary.percentile(50), 1e3) for summary in processes]),
            column([_times(summary.percentile(99), 1e3) for summary in processes]),
            column([summary.fps for summary in processes], decimals=2),
            column([summary.process.load_s for summary in processes], decimals=2),
            column([_times(summary.process.peak_memory_bytes, 1 / MIB) for summary in processes], decimals=0),
            column([_times(summary.process.first_inference_s, 1e3) for summary in processes], decimals=1),
            _warm_ups(processes),
            strict=True,
        )
    )


def _warm_ups(processes: Sequence[Summary]) -> list[str]:
    """A warm-up that never became steady is marked: its figures are not those of a steady model."""
    texts = column([summary.warmup_s for summary in processes], decimals=2)
    marks = ["!" if summary.process.steady is False else "" for summary in processes]
    return [text + mark for text, mark in zip(texts, marks, strict=True)]


def _times(value: Optional[float], factor: float) -> Optional[float]:
    return None if value is None else value * factor
