"""Mode and clocks of a device across the room: an sshd on loopback, and a network that cuts and falls silent."""

from __future__ import annotations

import sys
import time

import pytest
from agent.clocks.stand_ins import until
from targets.proxy import Proxy

from edgeprof.core.machine import Machine
from edgeprof.core.protocol import BEAT_S, SILENCE_S
from edgeprof.workflow.clocks import held
from workflow.boards import opened


def a_far_machine(host: str = "box") -> Machine:
    return Machine("orin", host=host, python=sys.executable, power_mode="MAXN_SUPER", lock_clocks=True)


def test_a_far_device_is_set_and_put_back_too(tmp_path, far_orin):
    board, _ = far_orin
    with opened(tmp_path, a_far_machine()) as (device, workshop):
        with held(device, workshop.progress) as (as_asked, _):
            assert as_asked.board.power_mode == "MAXN_SUPER"
            assert (board.mode, board.is_locked) == ("pmode:0002", True)
        assert (board.mode, board.is_locked) == ("pmode:0001", False)
        assert not [said for said in workshop.progress.said if "warning" in said]


def test_a_link_that_breaks_leaves_the_device_as_it_was(tmp_path, far_orin):
    board, device = far_orin
    proxy = Proxy(device.port)
    device.alias("far", proxy.port)
    far = opened(tmp_path, a_far_machine("far"))
    with far as (orin, workshop), held(orin, workshop.progress):
        proxy.cut()
        assert until(lambda: board.mode == "pmode:0001" and not board.is_locked)
        assert until(lambda: not board.leftovers)
    proxy.close()


@pytest.mark.slow
def test_a_link_that_falls_silent_does_too_after_a_while(tmp_path, far_orin):
    board, device = far_orin
    proxy = Proxy(device.port)
    device.alias("far", proxy.port)
    far = opened(tmp_path, a_far_machine("far"))
    with far as (orin, workshop), held(orin, workshop.progress):
        time.sleep(BEAT_S + 1)  # the agent counts on a caller that it has heard once
        proxy.is_silent = True
        assert until(lambda: board.mode == "pmode:0001" and not board.is_locked, within_s=SILENCE_S + 20)
        proxy.is_silent = False
    proxy.close()
