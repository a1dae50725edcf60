"""What a saved measurement is judged by: a budget from a file and flags, and what the gate lets pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeprof.config.file import read_request_file
from edgeprof.config.flag import layer_of_flags
from edgeprof.config.layer import Given, merged
from edgeprof.config.limit import budget_of_limits, limits_of_node
from edgeprof.core.budget import Budget
from edgeprof.core.errors import ConfigError
from edgeprof.documents import read_document


@dataclass(frozen=True)
class Terms:
    """`budget` is None where none was given: each measurement then keeps its own."""

    budget: Budget | None
    allow: frozenset[str]
    accept: frozenset[str]


def load_terms(flags: Mapping[str, Any], budget_file: Path | None, *, cwd: Path) -> Terms:
    """A file of limits, or an edgeprof.yaml that has a budget; flags come first, metric by metric."""
    given = layer_of_flags(flags, cwd)
    limits = merged((given.limits, _limits_of_file(budget_file, cwd) if budget_file else {}))
    return Terms(
        budget_of_limits(limits) if limits else None,
        given.values["allow"].value if "allow" in given.values else frozenset(),
        given.values["accept"].value if "accept" in given.values else frozenset(),
    )


def _limits_of_file(path: Path, cwd: Path) -> Mapping[str, Given]:
    document = read_document(cwd / path, str(path))
    if not {"budget", "model", "version", "devices"} & set(document.members()):
        return {key: Given(value, where, path.parent) for key, (value, where) in limits_of_node(document).items()}
    limits = read_request_file(cwd / path, str(path)).top.limits
    if not limits:
        raise ConfigError("has no budget", "add budget: {p99_ms: 33.3}", where=str(path))
    return limits
