"""The JSON Schema of edgeprof.yaml for editors, from the tables that the loader reads by."""

from __future__ import annotations

from typing import Any

from edgeprof.config.file import VERSION
from edgeprof.config.setting import REQUIRED, Setting, in_section
from edgeprof.core.metric import ALIASES, METRICS, Metric, metric_of

_LIMIT = {"type": "number", "exclusiveMinimum": 0}
_PERCENTILE = r"^p\d{1,2}(\.\d{1,3})?_ms$"


def json_schema() -> dict[str, Any]:
    budget = _budget()
    device = _object("device", {"budget": budget, "require": _required()}, "a machine and what holds on it")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "edgeprof.yaml",
        **_object(
            "",
            {
                "version": {"const": VERSION, "description": "of this format"},
                "candidates": {
                    "type": "array",
                    "items": in_section("")[0].kind.schema,
                    "description": "further models, checked with --candidates or where no model is named",
                },
                "input": _object("input", {"shapes": _shapes(), "files": _files()}, "what goes into the model"),
                "sampling": _object("sampling", {}, "how long and how often to measure"),
                "budget": budget,
                "devices": {"type": "object", "additionalProperties": device, "description": "machines by name"},
            },
            "what edgeprof checks, and the budget it has to meet",
        ),
    }


def _object(section: str, further: dict[str, Any], says: str) -> dict[str, Any]:
    properties = {setting.file_key: _property(setting) for setting in in_section(section)}
    return _closed({**properties, **further}, says)


def _closed(properties: dict[str, Any], says: str) -> dict[str, Any]:
    return {"type": "object", "description": says, "properties": properties, "additionalProperties": False}


def _property(setting: Setting) -> dict[str, Any]:
    row = {**setting.kind.schema, "description": setting.says}
    if isinstance(setting.built_in, (str, int, float)):
        row["default"] = setting.built_in
    return row


def _required() -> dict[str, Any]:
    return _closed({setting.key: _property(setting) for setting in REQUIRED}, "how the machine must be set up")


def _shapes() -> dict[str, Any]:
    shape = {
        "anyOf": [
            {"type": ["string", "integer"]},
            {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 1},
        ]
    }
    return {"type": "object", "additionalProperties": shape, "description": "input name to shape, such as 1x3x224x224"}


def _files() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "input name to .npy file, from this file's folder",
    }


def _budget() -> dict[str, Any]:
    limits = {key: _limit(metric, f"{metric.title} in {metric.unit}") for key, metric in METRICS.items()}
    for alias, (key, _) in ALIASES.items():
        metric = metric_of(key)
        if metric:
            limits[alias] = _limit(metric, f"Model Analyzer's name for {key}" + _in_megabytes(metric))
    p99 = metric_of("p99_ms")
    percentile = _limit(p99, "a latency percentile in ms") if p99 else {}
    return {
        **_closed(limits, "limits; flags and devices replace them one by one"),
        "patternProperties": {_PERCENTILE: percentile},
        "minProperties": 1,
    }


def _in_megabytes(metric: Metric) -> str:
    return ", in MB of 10^6 bytes" if metric.unit == "MiB" else ""


def _limit(metric: Metric, says: str) -> dict[str, Any]:
    word = metric.bound_word
    bound = {"type": "object", "properties": {word: _LIMIT}, "required": [word], "additionalProperties": False}
    return {"anyOf": [_LIMIT, bound], "description": says}
