"""`edgeprof judge`: a verdict on saved measurements, with no device and no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.budget import Budget, budget_of
from edgeprof.core.errors import ConfigError, EdgeprofError
from edgeprof.core.measurement import Measurement
from edgeprof.core.verdict import judge
from edgeprof.store import measurements


def judge_files(
    paths: Iterable[Path], budget: Budget | None, allow: frozenset[str], accept: frozenset[str]
) -> Iterator[Answer]:
    """An answer for each file, under the budget given or the one it was measured for."""
    for path in paths:
        try:
            measurement = measurements.load(path)
            applied = budget or _own_budget(measurement, path)
            verdict = judge(measurement, applied, allow)
            yield Judged(measurement, applied, verdict, verdict.exit_accepting(accept), saved_at=str(path))
        except EdgeprofError as error:
            yield Refused(str(path), error.message, error.hint, error.exit)


def _own_budget(measurement: Measurement, path: Path) -> Budget:
    if not measurement.budget:
        raise ConfigError("was measured without a budget", "give one: --budget FILE or --p99 33ms", where=str(path))
    return budget_of(dict(measurement.budget), measurement.budget_name)
