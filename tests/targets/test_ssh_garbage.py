"""A device behind ssh that answers in nonsense: its words are refused, and what comes behind them is not heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeprof.core.errors import AgentError
from edgeprof.targets.ssh import SshTarget

pytestmark = pytest.mark.ssh


def fetch(target: SshTarget) -> Path:
    return target.fetch("/var/tmp/box/output.npy")


GARBAGE = [(ask, said) for ask in (SshTarget.folder, fetch) for said in ("Segfault", '{"error": "damaged"}', "NaN")]


@pytest.mark.parametrize(("ask", "said"), [*GARBAGE, (fetch, '{"bytes": -1}'), (fetch, '{"bytes": "all"}')])
def test_a_device_that_spoke_garbage_is_asked_anew_and_not_heard_further(reach, pretender, said, ask):
    """What comes behind the garbage would be taken for the answer to the next question."""
    target = reach(python=pretender(said))
    target._connected()
    with pytest.raises(AgentError) as caught:
        ask(target)

    assert caught.value.cause == "garbled"
    assert target._keeper is None
    assert target.losses == 1


@pytest.mark.parametrize("said", ["{}", '{"files": -1e9, "bytes": 0, "left": 0}', '{"files": "all", "bytes": 0}'])
def test_a_device_that_does_not_say_what_it_removed_spoke_garbage(reach, pretender, said):
    with pytest.raises(AgentError, match="did not say"):
        reach(python=pretender(said)).clean(0.0)
