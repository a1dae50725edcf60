"""`edgeprof device clean` without a device to reach; with one in tests/cli/test_ssh.py."""

from __future__ import annotations

import pytest


def test_this_machine_has_nothing_placed_on_it(shell):
    ended = shell("device", "clean", "local")
    assert ended.code == 0
    assert ended.out.startswith("removed 0 files from local, 0.0 MiB\n")
    assert "edgeprof cache ls" in ended.out


@pytest.mark.parametrize("age", ["d", "old", "-1d", "1.5.2h", ""])
def test_an_age_that_is_none_ends_in_2(shell, age):
    assert shell("device", "clean", "local", f"--older-than={age}").code == 2


def test_a_device_that_nobody_knows_is_not_taken_for_this_machine(shell):
    ended = shell("device", "clean", "orinn")
    assert ended.code != 0
    assert ended.out == ""
