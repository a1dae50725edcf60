"""A measurement in numbers without a verdict: what `measure` prints."""

from __future__ import annotations

from math import ceil, log
from typing import Sequence

from edgeprof.core.measurement import Measurement
from edgeprof.report.histogram import histogram
from edgeprof.report.lines import BLANK, Line, labelled_list, line, one_line, saved_line
from edgeprof.report.processes import process_table
from edgeprof.report.subject import subject_lines
from edgeprof.report.summary import Summary, summaries
from edgeprof.report.tables import table
from edgeprof.report.telemetry import telemetry_lines
from edgeprof.report.units import column, count

PERCENTS = (50.0, 90.0, 95.0, 99.0)


def render(
    measurement: Measurement, percents: Sequence[float] = PERCENTS, *, width: int = 80, saved_at: str | None = None
) -> list[Line]:
    """The record, the latencies, each process; `lines.plain` and `lines.styled` make text of it."""
    processes = summaries(measurement)
    lines = subject_lines(measurement, width)
    samples = [latency_s for summary in processes for latency_s in summary.samples_s]
    if samples:
        title = f"  latency of {count(len(samples), 'sample')} in {count(len(processes), 'process')}"
        lines += [BLANK, line(title, "strong"), *histogram(samples, (), width)]
    if processes:
        lines += [BLANK, *_latency_table(processes, percents, width), BLANK, *process_table(processes, width)]
    device = telemetry_lines(measurement, width)
    if device:
        lines += [BLANK, *device]
    notes = notes_of(processes, percents)
    if notes:
        lines += [BLANK, *labelled_list("note", notes, width, style="unsure")]
    if saved_at:
        lines += [BLANK, saved_line(saved_at)]
    return lines


def render_figures_alone(
    measurement: Measurement, percents: Sequence[float] = PERCENTS, *, width: int = 80
) -> list[Line]:
    """What the model is, and each process's latencies: a line to know it by, and numbers."""
    job = measurement.job
    if measurement.imported:
        words = f"{measurement.asked}, {job.runtime}, measured by {measurement.imported[0].tool}"
    else:
        words = f"{measurement.asked} {job.inputs[0]}, {job.runtime} {job.precision} on {job.device}"
    processes = summaries(measurement)
    subject = line(f"  {one_line(words)}", "strong")
    return [subject, *(_latency_table(processes, percents, width) if processes else ())]


def least_samples(percent: float) -> int:
    """The fewest samples that bound a percentile from above at 95 %, by any method."""
    return ceil(log(0.05) / log(percent / 100))


def notes_of(processes: Sequence[Summary], percents: Sequence[float]) -> list[str]:
    """Which percentiles rest on too few samples, and what was not steady."""
    notes = []
    fewest = min((len(summary.samples_s) for summary in processes), default=0)
    for percent in sorted(percents):
        if fewest < least_samples(percent):
            notes.append(
                f"p{percent:g} has no 95 % upper bound below {least_samples(percent)} samples a process,"
                f" {fewest} were taken"
            )
    for summary in processes:
        if summary.process.steady is False:
            notes.append(f"process {summary.number} never became steady before it was sampled")
        if not summary.process.ended.is_whole:
            said = f": {summary.process.message}" if summary.process.message else ""
            notes.append(f"process {summary.number} ended early, {summary.process.ended.value}{said}")
    return notes


def _latency_table(processes: Sequence[Summary], percents: Sequence[float], width: int) -> list[Line]:
    header = ["process", "min ms", *(f"p{percent:g} ms" for percent in percents), "max ms", "mean ms"]
    columns = [[str(summary.number) for summary in processes]]
    for values in zip(*(_latencies(summary, percents) for summary in processes), strict=True):
        columns.append(column([None if value is None else value * 1e3 for value in values]))
    return table(header, list(zip(*columns, strict=True)), width=width, right=frozenset(range(len(header))))


def _latencies(summary: Summary, percents: Sequence[float]) -> list[float | None]:
    samples = summary.samples_s
    if not samples:
        return [None] * (len(percents) + 3)
    return [
        min(samples),
        *(summary.percentile(percent) for percent in percents),
        max(samples),
        sum(samples) / len(samples),
    ]
