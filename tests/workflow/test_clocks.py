"""Mode and clocks around a block: agents, guardians and commands are all really run."""

from __future__ import annotations

import time

import pytest
from agent.clocks.stand_ins import until

from edgeprof.core.errors import TargetError
from edgeprof.core.exits import Exit
from edgeprof.workflow.clocks import held
from workflow.boards import a_machine, opened


def test_a_block_runs_with_mode_and_clocks_as_asked_and_both_are_back_behind_it(tmp_path, orin):
    machine = a_machine(power_mode="MAXN_SUPER", lock_clocks=True)
    with opened(tmp_path, machine) as (device, workshop):
        with held(device, workshop.progress) as (as_asked, notes):
            assert orin.mode == "pmode:0002"
            assert orin.is_locked
            assert as_asked.board.power_mode == "MAXN_SUPER"
            assert as_asked.board.clocks_locked is True
            assert as_asked.board.hold.is_held
        assert notes == (
            "power mode MAXN_SUPER instead of 25W, for this measuring",
            "clocks locked, for this measuring",
        )
        assert workshop.progress.said == list(notes)
    assert orin.mode == "pmode:0001"  # at once: it is waited for
    assert not orin.is_locked
    assert not orin.leftovers


def test_nothing_asked_starts_nothing(tmp_path, orin):
    with opened(tmp_path, a_machine()) as (device, workshop), held(device, workshop.progress) as (as_asked, notes):
        assert as_asked is device
        assert notes == ()
    assert orin.log == []


def test_an_error_inside_is_told_and_all_is_put_back(tmp_path, orin):
    def measure(device, workshop):
        with held(device, workshop.progress):
            raise ValueError("as a runtime may")

    maxn = opened(tmp_path, a_machine(power_mode="MAXN_SUPER"))
    with maxn as (device, workshop), pytest.raises(ValueError, match="as a runtime may"):
        measure(device, workshop)
    assert until(lambda: orin.mode == "pmode:0001")


def test_a_mode_that_needs_a_reboot_is_the_targets_error_with_the_command(tmp_path, orin):
    orin.note("reboots")
    maxn = opened(tmp_path, a_machine(power_mode="MAXN_SUPER"))
    with maxn as (device, workshop), pytest.raises(TargetError, match="needs a reboot") as caught:
        enter(device, workshop)
    assert caught.value.exit is Exit.ENVIRONMENT
    assert "sudo nvpmodel -m 2" in caught.value.hint
    assert orin.mode == "pmode:0001"


def enter(device, workshop):
    with held(device, workshop.progress):
        pytest.fail("it was set")


def test_what_was_not_put_back_is_said_with_the_command(tmp_path, orin):
    with opened(tmp_path, a_machine(lock_clocks=True)) as (device, workshop):
        with held(device, workshop.progress):
            orin.note("broken")
        assert (
            "warning: not put back on the device: clocks locked; sudo jetson_clocks --restore"
            in (workshop.progress.said[-1])
        )


def end_with(error, orin, trouble, device, workshop):
    with held(device, workshop.progress):
        orin.note(trouble)
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), TargetError("gone")])
def test_what_was_not_put_back_is_said_too_where_the_block_was_cut_short(tmp_path, orin, error):
    with opened(tmp_path, a_machine(lock_clocks=True)) as (device, workshop):
        with pytest.raises(type(error)):
            end_with(error, orin, "broken", device, workshop)
        assert "warning: not put back on the device: clocks locked" in workshop.progress.said[-1]


@pytest.mark.slow
def test_a_signal_does_not_wait_longer_than_a_few_seconds_for_a_device_that_takes_its_time(tmp_path, orin):
    with opened(tmp_path, a_machine(power_mode="MAXN_SUPER")) as (device, workshop):
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            end_with(KeyboardInterrupt(), orin, "hangs", device, workshop)
        assert time.monotonic() - began < 6  # one of it to set the mode
        assert workshop.progress.said[-1].startswith("warning: n")
    (orin.state / "hangs").unlink()
    assert until(lambda: orin.mode == "pmode:0001" and not orin.leftovers)


@pytest.mark.parametrize("required", [{}, {"clocks_locked": True}])
def test_clocks_that_do_not_look_locked_once_they_were_set_are_refused(tmp_path, orin, required):
    """Its jetson_clocks claims success."""
    (orin.bin / "jetson_clocks").write_text("#!/bin/sh\nexit 0\n")
    machine = a_machine(lock_clocks=True, require=required)
    with opened(tmp_path, machine) as (device, workshop), pytest.raises(TargetError, match="they are not") as caught:
        enter(device, workshop)
    assert caught.value.exit is Exit.ENVIRONMENT
    assert not orin.leftovers


def test_the_losses_of_the_link_until_then_are_kept(tmp_path, orin):
    with opened(tmp_path, a_machine(power_mode="MAXN_SUPER")) as (device, workshop):
        device.target.losses = 3
        with held(device, workshop.progress) as (as_asked, _):
            assert as_asked.losses == 3
