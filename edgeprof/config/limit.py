"""Budget keys and their values, as YAML and as flags spell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from math import isfinite

from edgeprof.config.layer import Given
from edgeprof.config.quantity import amount_of
from edgeprof.core.budget import CAMERA_30_FPS, Budget, budget_of
from edgeprof.core.errors import ConfigError
from edgeprof.core.metric import ALIASES, METRICS, Metric, metric_of, nearest_key
from edgeprof.documents import Node, quoted

# Flags of their own; any other metric goes by --limit.
FLAGS = {
    "p50": "p50_ms",
    "p90": "p90_ms",
    "p95": "p95_ms",
    "p99": "p99_ms",
    "fps": "fps",
    "memory": "memory_mib",
    "load": "load_s",
    "size": "size_mib",
}


def limits_of_node(node: Node) -> dict[str, tuple[float, str]]:
    """A budget's limits by metric: the value in the metric's own unit, and where it stands."""
    if node.value is None or node.value == {}:
        raise ConfigError("the budget is empty", "name at least one limit, such as p99_ms: 33.3", where=node.key_where)
    found: dict[str, tuple[float, str]] = {}
    for key, member in node.members().items():
        metric, factor = _metric(key, member.key_where)
        if metric.key in found:
            raise _twice(key, metric, found[metric.key][1], member.key_where)
        found[metric.key] = (_bound(member, metric, factor), member.where)
    return found


def limit_of_text(key: str, text: str, name: str, where: str) -> tuple[str, float]:
    """A metric and its limit from a flag: a bare number is in the key's unit, else it says its own."""
    metric, factor = _metric(key, where)
    bare = text.strip()[-1:] in "0123456789."
    try:
        value = amount_of(text, metric.unit) * (factor if bare else 1.0)
    except ValueError as error:
        expected = f"a number of {metric.unit}" if metric.unit != "/s" else "a number"
        hint = "write it bare or with its unit, such as 33ms, 0.5s, 900MiB or 30fps"
        raise ConfigError(f"{name} is {quoted(text)}, expected {expected}", hint, where=where) from error
    if not _can_be_meant(value, metric):
        raise ConfigError(f"{name} is {quoted(text)}, expected a number above 0", where=where)
    return metric.key, value


def add_limit(limits: dict[str, Given], key: str, given: Given) -> None:
    """Add what flags or the environment say, each metric once."""
    if key in limits:
        raise ConfigError(f"{key} is limited twice", f"{limits[key].origin} has it already", where=given.where)
    limits[key] = given


def budget_of_limits(limits: Mapping[str, Given]) -> Budget:
    """All limits as one budget; the camera's where nobody gave any."""
    if not limits:
        return CAMERA_30_FPS
    for pair in combinations(limits.items(), 2):  # so that a contradiction names both places
        try:
            budget_of({key: given.value for key, given in pair})
        except ConfigError as error:
            where = " and ".join(dict.fromkeys(given.where for _, given in pair))
            raise ConfigError(error.message, error.hint, where=where) from error
    return budget_of({key: given.value for key, given in limits.items()})


def _metric(key: str, where: str) -> tuple[Metric, float]:
    name, factor = ALIASES.get(key, (key, 1.0))
    metric = metric_of(name)
    if metric is None:
        near = nearest_key(key)
        hint = f'did you mean "{near}"?' if near else f"known: p99_ms (any percentile), {', '.join(METRICS)}"
        raise ConfigError(f"unknown budget key {quoted(key)}", hint, where=where)
    return metric, factor


def _bound(node: Node, metric: Metric, factor: float) -> float:
    """The number, whether bare or as {max: 33.3}."""
    if isinstance(node.value, Mapping):
        node = _inside(node, metric)
    if type(node.value) not in (int, float):
        raise node.misfit("a number", _bare_number(node, metric))
    value = float(node.value) * factor  # type: ignore[arg-type]
    if not _can_be_meant(value, metric):
        raise node.misfit("a number above 0")
    return value


def _inside(node: Node, metric: Metric) -> Node:
    word = metric.bound_word
    members = node.members()
    node.refuse_unknown(("max", "min"))
    wrong = next((other for other in members if other != word), None)
    if wrong:
        better = "higher" if metric.higher_is_better else "lower"
        hint = f"write {{{word}: ...}}; of {metric.title}, {better} is better"
        raise ConfigError(f"{node.name} has {wrong}, expected {word}", hint, where=members[wrong].key_where)
    if word not in members:
        raise ConfigError(f"{node.name} has no limit, expected {word}", where=node.key_where)
    return replace(members[word], name=node.name)


def _bare_number(node: Node, metric: Metric) -> str | None:
    """For "33ms" and the like: what to write there."""
    if not isinstance(node.value, str):
        return None
    try:
        number = f"{amount_of(node.value, metric.unit):g}"
    except ValueError:
        return None
    suffix = metric.key.rpartition("_")[2]
    if node.name in ALIASES or suffix == metric.key:
        return f"write the bare number, such as {metric.key}: {number}"
    return f"write {number}; the key already says {suffix}"


def _can_be_meant(value: float, metric: Metric) -> bool:
    return isfinite(value * metric.scale) and value * metric.scale > 0


def _twice(key: str, metric: Metric, before: str, where: str) -> ConfigError:
    return ConfigError(
        f"{quoted(key)} limits {metric.title} again; {before} has it", "remove one of the two", where=where
    )
