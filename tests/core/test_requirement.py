"""What a machine's `require` holds against its board, and the command that helps."""

from __future__ import annotations

from typing import Any

import pytest

from edgeprof.core.board import Board
from edgeprof.core.machine import Machine
from edgeprof.core.measurement import Required
from edgeprof.core.requirement import hints_of, is_version, missed, required, unmet

ORIN = Board(
    kind="jetson",
    l4t="36.4.4",
    jetpack="6.2.1",
    power_mode="MODE_15W",
    power_modes=("MAXN", "MODE_15W", "MODE_30W"),
    power_mode_ids={"MAXN": 0, "MODE_15W": 1, "MODE_30W": 2},
    clocks_locked=False,
)


def messages(board: Board = ORIN, **require: Any) -> list:  # type: ignore[type-arg]
    return [one.message for one in unmet(Machine("orin", require=require), board)]


def hint(board: Board = ORIN, **require: Any) -> str:
    (one,) = unmet(Machine("orin", require=require), board)
    return one.hint


def test_a_machine_that_requires_nothing_lacks_nothing() -> None:
    assert unmet(Machine("orin"), Board()) == ()


def test_what_is_as_required_is_not_told() -> None:
    assert messages(power_mode="mode_15w", jetpack="6.2", clocks_locked=False) == []


def test_another_power_mode_is_told_with_the_number_that_it_has_on_this_device() -> None:
    assert messages(power_mode="MODE_30W") == ["power mode MODE_30W is required, and the device is in MODE_15W"]
    assert hint(power_mode="MODE_30W") == "sudo nvpmodel -m 2"


def test_a_mode_that_the_device_does_not_have_is_answered_with_those_it_has() -> None:
    assert hint(power_mode="25W") == "this device has MAXN, MODE_15W, MODE_30W"


def test_a_device_that_says_no_mode_does_not_meet_one() -> None:
    assert "does not say" in messages(Board(), power_mode="MAXN")[0]
    assert "shows no power modes" in hint(Board(), power_mode="MAXN")


@pytest.mark.parametrize(
    ("found", "wanted", "fits"),
    [
        ("6.2.1", "6.2", True),
        ("6.2.1", "6", True),
        ("6.2.1", "6.2.1", True),
        ("6.2", "6.2.1", False),
        ("6.20", "6.2", False),
        ("5.1.2", "6.2", False),
        ("7.2 EA", "7.2", False),
        ("7.2 EA", "7.2 EA", True),
    ],
)
def test_a_version_is_met_by_those_below_it(found: str, wanted: str, fits: bool) -> None:
    assert is_version(found, wanted) is fits


def test_another_jetpack_is_told_with_the_key_to_change() -> None:
    assert messages(jetpack="7.2") == ["JetPack 7.2 is required, and the device has 6.2.1"]
    assert "devices.orin.require.jetpack" in hint(jetpack="7.2")


def test_an_l4t_of_no_known_jetpack_is_said_to_be_that() -> None:
    assert "which one L4T 36.9.0 belongs to is not known" in messages(Board(l4t="36.9.0"), jetpack="6.2")[0]
    assert "the device has none" in messages(Board(), jetpack="6.2")[0]


def test_clocks_that_move_or_do_not_show_are_not_locked() -> None:
    assert messages(clocks_locked=True) == ["locked clocks are required, and they are not"]
    assert hint(clocks_locked=True).startswith("sudo jetson_clocks")
    assert "does not show them" in messages(Board(kind="x86"), clocks_locked=True)[0]
    assert hint(Board(kind="x86", clocks_locked=False), clocks_locked=True).startswith("sudo cpupower frequency-set")
    assert "leave clocks_locked out" in hint(Board(kind="x86"), clocks_locked=True)
    assert messages(Board(clocks_locked=True), clocks_locked=True) == []


def test_clocks_that_should_be_free_and_are_locked_are_told() -> None:
    assert messages(Board(clocks_locked=True), clocks_locked=False) != []
    assert messages(Board(clocks_locked=None), clocks_locked=False) == []


def test_what_this_command_is_about_to_set_counts_as_set() -> None:
    machine = Machine(
        "orin", require={"power_mode": "MAXN", "clocks_locked": True}, power_mode="maxn", lock_clocks=True
    )

    assert unmet(machine, ORIN) == ()


def test_flags_that_go_against_the_requirement_are_told() -> None:
    machine = Machine(
        "orin", require={"power_mode": "MAXN", "clocks_locked": False}, power_mode="15W", lock_clocks=True
    )

    mode, clocks = unmet(machine, ORIN)

    assert mode.message == "power mode MAXN is required, and 15W is to be set"
    assert mode.hint == "--power-mode MAXN"
    assert "--lock-clocks" in clocks.message


def test_what_is_asked_for_and_can_be_seen_is_required_while_it_is_measured() -> None:
    asked = Machine("orin", require={"jetpack": "6.2"}, power_mode="MAXN", lock_clocks=True)

    assert required(asked, ORIN) == Required("MAXN", "6.2", clocks_locked=True)
    assert required(asked, Board()) == Required("MAXN", "6.2")  # clocks that no one can see are not held against it
    assert required(Machine("orin", require={"clocks_locked": False}), ORIN) == Required(clocks_locked=False)
    assert required(Machine("orin"), ORIN) == Required()


def test_what_did_not_take_is_told_whatever_was_asked() -> None:
    asked = Machine("orin", power_mode="MAXN", lock_clocks=True)

    mode, clocks = missed(required(asked, ORIN), ORIN, "orin")

    assert mode.message == "power mode MAXN is required, and the device is in MODE_15W"
    assert clocks.message == "locked clocks are required, and they are not"


def test_hints_are_told_once_each() -> None:
    found = unmet(Machine("orin", require={"power_mode": "MODE_30W", "clocks_locked": True}), ORIN)

    assert hints_of((*found, *found)) == "sudo nvpmodel -m 2; sudo jetson_clocks, or --lock-clocks"
    assert hints_of(()) is None
