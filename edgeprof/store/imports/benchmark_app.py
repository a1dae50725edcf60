"""What OpenVINO's benchmark_app writes by -report_type, as CSV or JSON: figures of all inferences, and no samples."""

from __future__ import annotations

import re
from collections.abc import Mapping

from edgeprof.store.imports.times import Source, Times, json_of, latency_s, shown, text_of

_HINT = "name benchmark_report.csv or benchmark_report.json of benchmark_app -report_type no_counters"
_SECTIONS = {
    "command line parameters": "cmd_options",
    "configuration setup": "configuration_setup",
    "execution results": "execution_results",
}
_COUNTS = ("total number of iterations", "iterations_num")
# As the Python tool calls them, the C++ one in its CSV, and that one in its JSON.
_FIGURES = {
    "avg latency": ("avg latency", "average latency (ms)", "latency_avg"),
    "min latency": ("min latency", "min latency (ms)", "latency_min"),
    "max latency": ("max latency", "max latency (ms)", "latency_max"),
}
_ASKED = re.compile(r"(?:median )?latency(?: \((\d{1,3}) percentile\))? \(ms\)|latency_median")  # a median by default
_LONGEST_NOTE = 300
_ZERO = re.compile(r"0+(\.0+)?")
_SHORT = 6  # the Python tool writes two decimals, the C++ one six in its CSV and all of them in its JSON


def times_of(source: Source) -> Times:
    document = _of_json(source) if source.content.lstrip()[:1] == b"{" else _of_csv(source)
    seen, setup = document.get("execution_results", {}), document.get("configuration_setup", {})
    count = _first(seen, _COUNTS)
    if not count.isdecimal() or len(count) > 12 or int(count) == 0:
        raise source.refusal("it counts no inferences", _HINT)
    said = [f"{name} {_ms(source, name, text)} ms" for name, text in _figures(seen).items()]
    if not said:
        raise source.refusal("it holds no latency", _HINT)
    at_once = _first(setup, ("number of parallel infer requests", "nireq"))
    streams = f"{at_once} at once, " if at_once.isdecimal() else ""
    notes = [f"it holds no samples, only figures: {int(count)} inferences, {streams}{', '.join(said)}"]
    device = _first(setup, ("target device", "target_device"))
    if device:
        notes.append(f"on OpenVINO's device {device}"[:_LONGEST_NOTE])
    inside = "infer of benchmark_app, by its clock"
    return Times("benchmark_app", "openvino", inside, ((),), setup.get("topology"), tuple(notes))


def _first(members: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((members[name] for name in names if name in members), "")


def _figures(seen: Mapping[str, str]) -> dict[str, str]:
    """By one name, whichever of the two tools wrote them."""
    boundary = _first(seen, ("percentile_boundary",))
    found = {}
    for name, text in seen.items():
        asked = _ASKED.fullmatch(name)
        if asked:
            percent = asked[1] or (boundary if name == "latency_median" and boundary.isdecimal() else "50")
            found["latency" if percent == "50" else f"p{percent[:3]} latency"] = text
    return found | {name: _first(seen, names) for name, names in _FIGURES.items() if any(n in seen for n in names)}


def _ms(source: Source, name: str, text: str) -> str:
    is_short = _ZERO.fullmatch(text)  # of a tool that writes two decimals
    if not is_short and latency_s(text, 1e-3) is None:
        raise source.refusal(f"{name} is {shown(text)}, expected ms", _HINT)
    return text if len(text) <= _SHORT else f"{float(text):.6g}"


def _of_json(source: Source) -> dict[str, dict[str, str]]:
    document = json_of(source, _HINT)
    if not isinstance(document, Mapping) or "execution_results" not in document:
        raise source.refusal("no execution_results are in it", _HINT)
    return {
        name: {str(key).lower(): str(value)[:_LONGEST_NOTE] for key, value in members.items()}
        for name, members in document.items()
        if isinstance(members, Mapping)
    }


def _of_csv(source: Source) -> dict[str, dict[str, str]]:
    """Sections with a title each, then key;value; the C++ tool ends every cell with a semicolon."""
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text_of(source, _HINT).splitlines():
        key, separator, value = line.strip().removesuffix(";").partition(";")
        if not separator and key.lower() in _SECTIONS:
            section = found.setdefault(_SECTIONS[key.lower()], {})
        elif separator:
            section[key.lower()] = value[:_LONGEST_NOTE]
    if "execution_results" not in found:
        problem = "it has times of layers, and none of inferences" if b"layerName;" in source.content else "no report"
        raise source.refusal(problem, _HINT)
    return found
