"""What a check that ends before it measures comes to."""

from __future__ import annotations

import pytest

from edgeprof.config import load_request
from edgeprof.core.budget import budget_of
from edgeprof.core.errors import AgentError, ConvertError, TargetError
from edgeprof.core.exits import Exit
from edgeprof.targets.local import LocalTarget
from edgeprof.workflow.check import _exit_of, check
from workflow.boards import a_workshop

WITH_MEMORY, WITHOUT = budget_of({"p99_ms": 20, "memory_mib": 100}), budget_of({"p99_ms": 20})
DOES_NOT_FIT = AgentError("does not fit", cause="out of memory")


class Wandering(LocalTarget):
    """A device whose link is away the first times that a model is to be placed on it."""

    def __init__(self, errors):
        super().__init__()
        self._errors = errors

    def place(self, digest, path):
        if path.name.endswith(".fake.json") and self._errors:
            raise self._errors.pop(0)
        return super().place(digest, path)


def answered(folder, monkeypatch, errors, retries):
    """The answer to a check on such a device, and what was said."""
    (folder / "m.fake.json").write_text('{"latency_ms": 10}')
    flags = {"models": ("m.fake.json",), "p99": 20.0, "quick": True, "warmup": "5it", "retries": retries}
    request = load_request(flags, cwd=folder, environ={})
    monkeypatch.setenv("EDGEPROF_LOCK", str(folder / "lock"))
    monkeypatch.setattr("edgeprof.workflow.device.target_of", lambda *_: Wandering(errors))
    monkeypatch.chdir(folder)
    workshop = a_workshop(folder)
    (answer,) = check(request, workshop)
    return answer, workshop.progress.said


AWAY = [
    TargetError('device "box" cannot be reached: connection refused', may_pass=True),
    AgentError("the link to box was lost", cause="lost"),
]


@pytest.mark.parametrize("error", AWAY, ids=["away", "lost"])
def test_a_link_that_stays_away_is_what_retries_is_for(tmp_path, monkeypatch, error):
    answer, said = answered(tmp_path, monkeypatch, [error, error], 2)

    assert answer.exit is Exit.PASS
    assert said.count(f"{error.message}: trying again, 1 of 2") == 1
    assert said.count(f"{error.message}: trying again, 2 of 2") == 1


@pytest.mark.parametrize(
    ("error", "retries"),
    [(AWAY[0], 0), (AWAY[1], 0), (TargetError("its host key has changed"), 2), (AgentError("gone"), 2)],
    ids=str,
)
def test_what_does_not_pass_is_not_tried_again(tmp_path, monkeypatch, error, retries):
    answer, said = answered(tmp_path, monkeypatch, [error, error], retries)

    assert answer.exit is Exit.ENVIRONMENT
    assert answer.message == error.message
    assert not [line for line in said if "trying again" in line]


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
