"""What `trtexec --exportTimes=FILE` writes: a list of inferences, each with the card's own times in ms."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Any

from edgeprof.core.stats.median import median
from edgeprof.store.imports.times import Source, Times, json_of, latency_s, shown

_HINT = "name a file of trtexec --exportTimes=FILE"
_PARTS = (("h2d", ("h2dMs", "inMs")), ("compute", ("computeMs",)), ("d2h", ("d2hMs", "outMs")))  # inMs up to 7.x
_ROUNDING = 1e-3  # numbers are written with six digits


def times_of(source: Source) -> Times:
    """trtexec's latency is what it prints as Latency: the sum of both copies and the computing."""
    items = json_of(source, _HINT)
    if not isinstance(items, list) or not items:
        raise source.refusal("not a list of inferences", _HINT)
    latencies, parts = [], []
    for number, item in enumerate(items, 1):
        latency, each = _inference(source, number, item)
        latencies.append(latency)
        parts.append(each)
    medians = (f"{name} {median(each[i] for each in parts) * 1e3:.4g} ms" for i, (name, _) in enumerate(_PARTS))
    return Times(
        "trtexec",
        "tensorrt",
        "trtexec's latency: h2d, compute and d2h by the card's clock; what the host spends between them is not in it",
        (tuple(latencies),),
        notes=(
            f"medians by the card's clock: {', '.join(medians)}",
            "trtexec puts the next inference in line before the last one is done, so fps is not told by latencies",
        ),
    )


def _inference(source: Source, number: int, item: Any) -> tuple[float, tuple[float, ...]]:
    if not isinstance(item, Mapping) or "latencyMs" not in item:
        raise source.refusal(f"inference {number} has no latencyMs", _HINT)
    latency = latency_s(item["latencyMs"], 1e-3) if not isinstance(item["latencyMs"], str) else None
    if latency is None:
        raise source.refusal(f"latencyMs of inference {number} is {shown(item['latencyMs'])}, expected ms", _HINT)
    parts = tuple(_part(source, number, item, names) for _, names in _PARTS)
    if not isclose(latency, sum(parts), rel_tol=_ROUNDING, abs_tol=1e-6):
        raise source.refusal(
            f"inference {number}: latencyMs is {latency * 1e3:.6g}, and its parts make {sum(parts) * 1e3:.6g}", _HINT
        )
    return latency, parts


def _part(source: Source, number: int, item: Mapping[str, Any], names: tuple[str, ...]) -> float:
    name = next((name for name in names if name in item), None)
    if name is None:
        raise source.refusal(f"inference {number} has no {names[0]}", _HINT)
    value = item[name]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0:
        return 0.0  # --noDataTransfers
    part = None if isinstance(value, str) else latency_s(value, 1e-3)
    if part is None:
        raise source.refusal(f"{name} of inference {number} is {shown(value)}, expected ms", _HINT)
    return part
