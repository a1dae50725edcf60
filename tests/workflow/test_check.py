"""What a check that ends before it measures comes to."""

from __future__ import annotations

import pytest

from edgeprof.core.budget import budget_of
from edgeprof.core.errors import AgentError, ConvertError
from edgeprof.core.exits import Exit
from edgeprof.workflow.check import _exit_of

WITH_MEMORY, WITHOUT = budget_of({"p99_ms": 20, "memory_mib": 100}), budget_of({"p99_ms": 20})
DOES_NOT_FIT = AgentError("does not fit", cause="out of memory")


@pytest.mark.parametrize(
    ("error", "budget", "code"),
    [
        (DOES_NOT_FIT, WITH_MEMORY, Exit.OVER_BUDGET),
        (DOES_NOT_FIT, WITHOUT, Exit.ENVIRONMENT),
        (AgentError("gone", cause="killed"), WITH_MEMORY, Exit.ENVIRONMENT),
        (ConvertError("no room to export"), WITH_MEMORY, Exit.CONVERSION),
    ],
)
def test_not_to_fit_is_a_miss_where_memory_is_limited(error, budget, code):
    assert _exit_of(error, budget) is code
