"""What each layer takes, as one JSON document for programs, and the schema of it."""

from __future__ import annotations

from typing import Any, Mapping

from edgeprof.core.layers import Layer, Profiled
from edgeprof.report.json_report import about, dumped
from edgeprof.report.layers import notes_of, slowest_first, totals

FORMAT, VERSION = "edgeprof layers", 1

_TEXT, _NUMBER, _COUNT = {"type": "string"}, {"type": "number"}, {"type": "integer"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_BYTES = {"type": ["integer", "null"], "description": "parameters and outputs; null where the runtime does not tell"}
_LAYER = {
    "name": {**_TEXT, "description": "the runtime's"},
    "type": {**_TEXT, "description": "the ONNX operator's where it is known, else the runtime's own"},
    "mark": {"enum": ["depthwise", "reformat", None]},
    "precision": {**_MAYBE_TEXT, "description": "fp32, or fp32->uint8 where it hands on another type than it takes"},
    "p50_s": {**_NUMBER, "description": "over frames, or over a few averages: see tells_each_frame"},
    "share": {**_NUMBER, "description": "of the sum of all layers"},
    "memory_bytes": _BYTES,
    "nodes": {"type": "array", "items": _TEXT, "description": "of the ONNX graph, those that it computes"},
    "module": {**_MAYBE_TEXT, "description": "of the source"},
    "kernel": {**_MAYBE_TEXT, "description": "the runtime's word for what computes it"},
}
_TOTAL = {"type": _TEXT, "layers": _COUNT, "p50_s": _NUMBER, "share": _NUMBER, "memory_bytes": _BYTES}
_FIGURES = {
    "latency_s": {**_NUMBER, "description": "p50 without the profiler"},
    "samples": {**_COUNT, "description": "that it is the p50 of"},
    "sum_s": {**_NUMBER, "description": "of all layers"},
    "gap_share": {**_NUMBER, "description": "(sum_s - latency_s) / latency_s"},
    "profiled_s": {**_NUMBER, "description": "p50 of the frames with the profiler, or of their averages"},
    "in_layers_s": {**_NUMBER, "description": "p50 of what the layers of one such frame sum to"},
    "frames": {**_COUNT, "description": "with the profiler"},
    "tells_each_frame": {"type": "boolean", "description": "false: the runtime tells averages alone"},
}


def document(profiled: Profiled, version: str) -> str:
    """Layers slowest first; `version` is edgeprof's."""
    measurement = profiled.measurement
    return dumped(
        {
            "format": FORMAT,
            "version": VERSION,
            "edgeprof": version,
            "asked": measurement.asked,
            **about(measurement),
            "latency_s": profiled.latency_s,
            "samples": len(measurement.processes[-1].samples_s),
            "sum_s": profiled.sum_s,
            "gap_share": profiled.gap_share,
            "profiled_s": profiled.frame_s,
            "in_layers_s": profiled.in_layers_s,
            "frames": profiled.frames,
            "tells_each_frame": profiled.tells_each_frame,
            "layers": [_layer(layer, profiled) for layer in slowest_first(profiled)],
            "types": [
                {
                    "type": total.type,
                    "layers": total.layers,
                    "p50_s": total.seconds,
                    "share": profiled.share(total.seconds),
                    "memory_bytes": total.memory_bytes,
                }
                for total in totals(profiled)
            ],
            "warnings": notes_of(profiled),
        }
    )


def json_schema() -> dict[str, Any]:
    """Keys are only ever added within a version; those that every document of a measurement has may be anything."""
    properties = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "edgeprof": {**_TEXT, "description": "edgeprof's own version"},
        "asked": _TEXT,
        "measurement": {"type": "object"},
        "job": {"type": "object"},
        "device": _TEXT,
        "host": {"type": "object"},
        **_FIGURES,
        "layers": {"type": "array", "items": _whole(_LAYER), "description": "slowest first"},
        "types": {"type": "array", "items": _whole(_TOTAL), "description": "slowest first"},
        "warnings": {"type": "array", "items": _TEXT},
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FORMAT, **_whole(properties)}


def _layer(layer: Layer, profiled: Profiled) -> dict[str, Any]:
    return {
        "name": layer.name,
        "type": layer.type,
        "mark": layer.mark,
        "precision": layer.precision,
        "p50_s": layer.seconds,
        "share": profiled.share(layer.seconds),
        "memory_bytes": layer.memory_bytes,
        "nodes": layer.nodes,
        "module": layer.module,
        "kernel": layer.kernel,
    }


def _whole(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}
