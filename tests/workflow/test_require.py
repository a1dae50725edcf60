"""A device that is not what it should be is refused before anything is exported; agents and boards are run for it."""

from __future__ import annotations

import pytest
from agent.board.trees import TREE, write

from edgeprof.agent.clocks import record
from edgeprof.core.errors import TargetError
from edgeprof.core.exits import Exit
from edgeprof.workflow.clocks import held
from edgeprof.workflow.require import expect_required
from workflow.boards import a_machine, opened


def notes_of(folder, machine):
    with opened(folder, machine) as (device, _):
        return expect_required(device)


def refusal(folder, machine):
    with opened(folder, machine) as (device, _), pytest.raises(TargetError) as caught:
        expect_required(device)
    assert caught.value.exit is Exit.ENVIRONMENT
    return caught.value


def test_a_board_that_is_what_its_profile_says_passes_without_a_note(tmp_path, orin):
    machine = a_machine("orin-nano-8gb", require={"power_mode": "25W", "jetpack": "6.2", "clocks_locked": False})
    assert notes_of(tmp_path, machine) == ()


def test_another_board_than_the_profile_says_is_refused_and_both_are_named(tmp_path, orin):
    error = refusal(tmp_path, a_machine("agx-orin-64gb"))
    assert "agx-orin-64gb" in error.message
    assert "orin-nano-8gb" in error.message
    assert "edgeprof device probe" in error.hint


def test_a_jetsons_profile_on_an_ordinary_machine_is_refused(tmp_path, orin, monkeypatch):
    monkeypatch.setenv("EDGEPROF_ROOT", str(tmp_path / "ordinary"))
    assert "x86-cpu" in refusal(tmp_path, a_machine("orin-nano-8gb")).message


def test_a_board_that_does_not_show_itself_is_a_note_and_no_refusal(tmp_path, orin):
    for name in ("compatible", "model"):
        write(orin.root, {f"{TREE}/{name}": ""})
    (note,) = notes_of(tmp_path, a_machine("orin-nano-8gb"))
    assert "was not checked" in note


def test_what_is_not_as_required_is_refused_with_the_devices_own_commands(tmp_path, orin):
    machine = a_machine("orin-nano-8gb", require={"power_mode": "MAXN_SUPER", "clocks_locked": True, "jetpack": "7.2"})
    error = refusal(tmp_path, machine)
    assert "power mode MAXN_SUPER is required, and the device is in 25W" in error.message
    assert "JetPack 7.2" in error.message
    assert "sudo nvpmodel -m 2" in error.hint
    assert "sudo jetson_clocks" in error.hint


def test_an_earlier_hold_is_told_here_only_where_no_hold_follows_that_puts_it_right(tmp_path, orin):
    write(orin.root, {"var/lib/nvpmodel/status": "pmode:0002\n"})
    changes, undo = ("power mode MAXN_SUPER instead of 25W",), ("sudo nvpmodel -m 1",)
    record.keep(record.Record("ann", 0.0, "boot", changes, undo, "MAXN_SUPER"))
    (note,) = notes_of(tmp_path, a_machine())
    assert note == "an earlier hold was not put back: power mode MAXN_SUPER instead of 25W; sudo nvpmodel -m 1"
    assert notes_of(tmp_path, a_machine(power_mode="15W")) == ()
    with opened(tmp_path, a_machine(power_mode="15W")) as (device, workshop), held(device, workshop.progress) as held_:
        assert held_[1] == (
            "power mode 15W instead of 25W, for this measuring",
            "put back what an earlier hold had left: power mode MAXN_SUPER instead of 25W",
        )


def test_a_board_that_is_only_estimated_is_refused(tmp_path, orin):
    write(orin.root, {f"{TREE}/compatible": "nvidia,p3449-0000+p3448-0000\0nvidia,tegra210\0"})
    assert "nothing can be measured" in refusal(tmp_path, a_machine("jetson-nano")).message
