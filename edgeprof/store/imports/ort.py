"""What onnxruntime_perf_test writes: a line for each inference, a profile, or on its console figures alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from edgeprof.store.imports.times import Source, Times, json_of, latency_s, shown, text_of

TOOL = "onnxruntime_perf_test"
_HINT = "name the result file of onnxruntime_perf_test MODEL FILE, its -p profile, or what it printed"
# "P99 Latency is 0.0123sec" up to 1.10, "P99 Latency: 0.0123 s" since
_FIGURE = re.compile(r"((?:Min|Max|P\d+) Latency|Average inference time cost(?: total)?|Average time cost)\b(.*)")
_CELLS = 5
_LONGEST_NOTE = 300
_PROVIDER = "the provider that computed is not in the file"
_RUNS = "session.run inside onnxruntime_perf_test, by its clock"


def times_of(source: Source) -> Times:
    if source.content.lstrip()[:1] == b"[":
        return _of_profile(source)
    lines = [(number, line.strip()) for number, line in enumerate(text_of(source, _HINT).splitlines(), 1)]
    if any(line.count(",") >= _CELLS - 1 for _, line in lines):
        return _of_rows(source, [(number, line) for number, line in lines if line and not _FIGURE.match(line)])
    figures = [" ".join(line.split()) for _, line in lines if _FIGURE.match(line)]
    if not figures:
        raise source.refusal("no inference and no figure of onnxruntime_perf_test is in it", _HINT)
    said = "; ".join(figures)[:_LONGEST_NOTE]
    return Times(TOOL, "onnxruntime", _RUNS, ((),), notes=(f"it holds no samples, only figures: {said}",))


def _of_rows(source: Source, rows: list[tuple[int, str]]) -> Times:
    """model,seconds,peak bytes,cpu %,number of the inference; a process that was appended begins at 0 again."""
    processes: list[list[float]] = []
    models = set()
    for line, row in rows:
        cells = row.rsplit(",", _CELLS - 1)
        latency = latency_s(cells[1], 1.0) if len(cells) == _CELLS else None
        if latency is None:
            raise source.refusal(f"{shown(row)} is no inference", _HINT, line)
        if cells[4] == "0":
            processes.append([])
        if not processes or cells[4] != str(len(processes[-1])):
            raise source.refusal(f"inference {shown(cells[4])} is out of order: lines are missing", _HINT, line)
        processes[-1].append(latency)
        models.add(cells[0])
    if len(models) > 1:
        raise source.refusal(f"it tells of {len(models)} models", "write a file for each")
    return Times(TOOL, "onnxruntime", _RUNS, tuple(map(tuple, processes)), models.pop() or None, (_PROVIDER,))


def _of_profile(source: Source) -> Times:
    """A trace of events; those called model_run are whole inferences, the first of them its warm-up."""
    events = json_of(source, _HINT)
    runs = [event for event in events if isinstance(event, Mapping) and event.get("name") == "model_run"]
    if len(runs) <= 1:
        raise source.refusal("not a profile with inferences", _HINT)
    latencies = tuple(_run(source, number, event) for number, event in enumerate(runs, 1))
    nodes = [event for event in events if isinstance(event, Mapping) and event.get("cat") == "Node"]
    providers = sorted({str(_arguments(node).get("provider")) for node in nodes if _arguments(node).get("provider")})
    ran = f"its operators ran on {', '.join(providers)}"[:_LONGEST_NOTE] if providers else _PROVIDER
    slowed = "every operator was timed too, which slows an inference; the first inference is left out"
    return Times(
        "onnxruntime", "onnxruntime", "model_run of onnxruntime's own profile", (latencies[1:],), notes=(ran, slowed)
    )


def _run(source: Source, number: int, event: Mapping[str, Any]) -> float:
    microseconds = event.get("dur")
    latency = None if isinstance(microseconds, str) else latency_s(microseconds, 1e-6)
    if latency is None:
        raise source.refusal(f"dur of model_run {number} is {shown(microseconds)}, expected microseconds", _HINT)
    return latency


def _arguments(event: Mapping[str, Any]) -> Mapping[str, Any]:
    arguments = event.get("args")
    return arguments if isinstance(arguments, Mapping) else {}
