"""Nothing is placed on this machine, so there is nothing to clean; the device's side is in tests/cli/test_ssh.py."""

from __future__ import annotations

from edgeprof.core.machine import Machine
from edgeprof.targets import Cleaned
from edgeprof.workflow.clean import clean
from edgeprof.workflow.progress import Silence


def test_cleaning_this_machine_removes_nothing():
    assert clean(Machine("local"), Silence()) == Cleaned(0, 0)
