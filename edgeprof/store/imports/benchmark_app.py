"""What OpenVINO's benchmark_app writes by -report_type, as CSV or JSON: figures of all inferences, and no samples."""

from __future__ import annotations

from collections.abc import Mapping

from edgeprof.store.imports.times import Source, Times, json_of, latency_s, shown, text_of

_HINT = "name benchmark_report.csv or benchmark_report.json of benchmark_app -report_type no_counters"
_SECTIONS = {
    "command line parameters": "cmd_options",
    "configuration setup": "configuration_setup",
    "execution results": "execution_results",
}
_FIGURES = ("latency (ms)", "avg latency", "min latency", "max latency")  # the first is a median unless asked otherwise
_LONGEST_NOTE = 300


def times_of(source: Source) -> Times:
    document = _of_json(source) if source.content.lstrip()[:1] == b"{" else _of_csv(source)
    seen, setup = document.get("execution_results", {}), document.get("configuration_setup", {})
    count = seen.get("total number of iterations", "")
    if not count.isdecimal() or len(count) > 12 or int(count) == 0:
        raise source.refusal("it counts no inferences", _HINT)
    said = [f"{name.removesuffix(' (ms)')} {_ms(source, name, seen[name])} ms" for name in _FIGURES if name in seen]
    if not said:
        raise source.refusal("it holds no latency", _HINT)
    at_once = setup.get("number of parallel infer requests", "")
    streams = f"{at_once} at once, " if at_once.isdecimal() else ""
    notes = [f"it holds no samples, only figures: {int(count)} inferences, {streams}{', '.join(said)}"]
    if setup.get("target device"):
        notes.append(f"on OpenVINO's device {setup['target device']}"[:_LONGEST_NOTE])
    inside = "infer of benchmark_app, by its clock"
    return Times("benchmark_app", "openvino", inside, ((),), setup.get("topology"), tuple(notes))


def _ms(source: Source, name: str, text: str) -> str:
    if text.strip("0.") and latency_s(text, 1e-3) is None:  # written with two decimals, so 0.00 is a short one
        raise source.refusal(f"{name} is {shown(text)}, expected ms", _HINT)
    return text


def _of_json(source: Source) -> dict[str, dict[str, str]]:
    document = json_of(source, _HINT)
    if not isinstance(document, Mapping) or "execution_results" not in document:
        raise source.refusal("no execution_results are in it", _HINT)
    return {
        name: {str(key): str(value)[:_LONGEST_NOTE] for key, value in members.items()}
        for name, members in document.items()
        if isinstance(members, Mapping)
    }


def _of_csv(source: Source) -> dict[str, dict[str, str]]:
    """Sections with a title each, then key;value."""
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text_of(source, _HINT).splitlines():
        key, separator, value = line.strip().partition(";")
        if not separator and key.lower() in _SECTIONS:
            section = found.setdefault(_SECTIONS[key.lower()], {})
        elif separator:
            section[key] = value[:_LONGEST_NOTE]
    if "execution_results" not in found:
        problem = "it has times of layers, and none of inferences" if b"layerName;" in source.content else "no report"
        raise source.refusal(problem, _HINT)
    return found
