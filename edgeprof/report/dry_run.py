"""What a command would do, every value with its origin: for people, and as JSON for programs."""

from __future__ import annotations

import json
from typing import Any, Optional, Sequence

from edgeprof.report.lines import BLANK, Line, labelled, labelled_list, one_line
from edgeprof.report.tables import table
from edgeprof.report.units import duration

FORMAT, VERSION = "edgeprof dry run", 1
_TEXT = {"type": "string"}


def render(
    values: Sequence[tuple[str, str, str]],
    tensors: Sequence[str],
    estimated_s: Optional[float] = None,
    *,
    width: int = 80,
) -> list[Line]:
    """`values` are key, value and origin; `tensors` are input shapes; `estimated_s` None is "not known"."""
    rows = [tuple(one_line(cell) for cell in row) for row in values]
    lines = table(("key", "value", "origin"), rows, width=width, styles=["dim"] * len(rows))
    lines.append(BLANK)
    lines += labelled_list("input", tensors, width, style="strong")
    about = (
        "not known before the model has been timed"
        if estimated_s is None
        else f"{duration(estimated_s)} to a PASS, at the least"
    )
    lines += labelled("takes", about, width, style="strong")
    return lines


def document(
    values: Sequence[tuple[str, str, str]], tensors: Sequence[str], estimated_s: Optional[float], version: str
) -> str:
    """The same, as `json_schema` describes it; `version` is edgeprof's."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "edgeprof": version,
        "values": [{"key": key, "value": value, "origin": origin} for key, value, origin in values],
        "inputs": list(tensors),
        "estimated_s": estimated_s,
    }
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def json_schema() -> dict[str, Any]:
    says = {
        "key": "as edgeprof.yaml and flags name it",
        "value": "as a person reads it",
        "origin": "flag, file, profile",
    }
    row = {key: {**_TEXT, "description": description} for key, description in says.items()}
    content = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "edgeprof": {**_TEXT, "description": "edgeprof's own version"},
        "values": {"type": "array", "items": _closed(row)},
        "inputs": {"type": "array", "items": _TEXT, "description": "each model with what goes into it"},
        "estimated_s": {"type": ["number", "null"], "description": "to a PASS, at the least; null is not known"},
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FORMAT, **_closed(content)}


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
