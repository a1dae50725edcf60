"""What was run, as keys and values: the record that makes a number comparable."""

from __future__ import annotations

from itertools import groupby
from typing import Iterator, Optional

from edgeprof.core.artefact import Parity
from edgeprof.core.job import Tensor
from edgeprof.core.measurement import Lap, Measurement
from edgeprof.report.lines import Line, labelled_list
from edgeprof.report.plan import plan_facts
from edgeprof.report.units import count, mib, ms, number

Fact = tuple[str, str]

# Never compared with each other, so always said.
_SCOPES = {
    "process": "peak of the process, in the host's memory",
    "device": "peak on the device, in its own memory",
    "unified": "peak of the one memory that host and device share",
}


def facts_of(measurement: Measurement) -> tuple[Fact, ...]:
    """In the order a reader asks; a key may come several times."""
    return tuple(_facts(measurement))


def subject_lines(measurement: Measurement, width: int) -> list[Line]:
    """The facts with their keys beside them, a repeated key once."""
    lines: list[Line] = []
    for key, facts in groupby(facts_of(measurement), key=lambda fact: fact[0]):
        lines += labelled_list(key, (value for _, value in facts), width)
    return lines


def model_of(measurement: Measurement) -> str:
    """As asked, and as resolved where that differs."""
    asked, resolved = measurement.asked, measurement.job.model
    return asked if asked == resolved else f"{asked} -> {resolved}"


def _facts(measurement: Measurement) -> Iterator[Fact]:
    job, card = measurement.job, measurement.card
    yield "model", model_of(measurement)
    for tensor in job.inputs:
        yield "input", tensor_words(tensor)
    if job.batch != 1:
        yield "batch", str(job.batch)
    cpu = measurement.host.get("processor")
    device = job.device or "not known"
    yield "device", f"{device}, {cpu}" if isinstance(cpu, str) and cpu else device
    yield "runtime", _runtime(measurement)
    inside = next((p.inside_infer for p in measurement.processes if p.inside_infer), None)
    if inside:
        yield "one sample", inside
    scope = next((p.memory_scope for p in measurement.processes if p.peak_memory_bytes is not None), None)
    if scope:
        yield "memory", _SCOPES.get(scope, scope) + _method(measurement)
    if card.get("weights"):
        yield "weights", card["weights"]
    yield from _files(measurement)
    yield from plan_facts(measurement.processes)
    for lap in measurement.race:
        yield "race", _lap(lap, is_winner=(lap.runtime, lap.precision) == (job.runtime, job.precision))
    if measurement.parity is not None:
        yield "parity", parity_words(measurement.parity)
    for note in measurement.notes:
        yield "note", note


def _files(measurement: Measurement) -> Iterator[Fact]:
    card, size = measurement.card, measurement.size_bytes
    words = [f"opset {card['opset']}"] if card.get("opset") else []
    if card.get("graph", "fp32") != "fp32":  # the runtime's precision is what it makes of an fp32 graph
        words.append(f"{card['graph']} graph")
    if size is not None:
        yield "artefact", ", ".join([mib(size), *words, measurement.job.artefact[:12]])
    for each in measurement.imported:
        yield "imported", f"{each.file}, {each.digest[:12]}, written by {each.tool}"


def _method(measurement: Measurement) -> str:
    """Worth a word where it is not the kernel's own figure for the process."""
    methods = dict.fromkeys(p.memory_method for p in measurement.processes if p.memory_method not in (None, "VmHWM"))
    return f", by {', '.join(str(method) for method in methods)}" if methods else ""


def tensor_words(tensor: Tensor) -> str:
    return f"{'x'.join(map(str, tensor.shape))} {tensor.dtype} ({tensor.name})"


def _runtime(measurement: Measurement) -> str:
    job = measurement.job
    version = next((p.runtime_version for p in measurement.processes if p.runtime_version), None)
    threads = next((p.threads for p in measurement.processes if p.threads), job.threads)
    words = [f"{job.runtime} {version}" if version else job.runtime, job.precision or "precision not known"]
    if threads:
        words.append(count(threads, "thread"))
    return ", ".join(words)


def _lap(lap: Lap, *, is_winner: bool) -> str:
    name = f"{lap.runtime} {lap.precision}"
    if lap.median_s is None:
        return f"{name}: {lap.message or 'no samples'}"
    words = f"{name}: median {ms(lap.median_s)} of {count(lap.samples, 'sample')}"
    return f"{words}, taken" if is_winner else words


def parity_words(parity: Parity) -> str:
    held = "holds" if parity.holds else "FAILS" if parity.finite else "FAILS, NaN or infinity in the outputs"
    said = f"{held}: relative L2 {_error(parity.relative_l2)} of {_error(parity.tolerance)} allowed"
    if parity.holds and parity.tolerance >= 1:  # an output of zeros errs by 1
        said = f"not proved, for latency only: relative L2 {_error(parity.relative_l2)}"
    words = [
        said,
        f"sensitivity {_error(parity.sensitivity)}",
        f"against {parity.reference}",
    ]
    if parity.top1_agreement is not None:
        words.append(f"top-1 agreement {number(parity.top1_agreement * 100)} %")
    return ", ".join(words)


def _error(value: Optional[float]) -> str:
    return "not known" if value is None else f"{value:.2g}"
