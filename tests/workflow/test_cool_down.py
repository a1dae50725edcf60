"""The pause between two candidates, on a board whose one sensor is a file."""

from __future__ import annotations

import threading
import time

import pytest
from agent.board.trees import write
from builders import a_job

from edgeprof.workflow.cool_down import CoolDown, warmest_of
from edgeprof.workflow.prepare import Ready
from edgeprof.workflow.process import Prepared
from workflow.boards import a_machine, opened

ZONE = "sys/class/thermal/thermal_zone0"


def a_ready(runtime="onnxruntime"):
    return Ready("x", Prepared(a_job(runtime=runtime), None), None, (), ("a note",))


@pytest.fixture
def warmed(tmp_path, orin):
    """A cool-down that has seen one measurement, and the board's temperature to be set."""

    def set_to(degrees):
        write(orin.root, {f"{ZONE}/type": "cpu-thermal\n", f"{ZONE}/temp": f"{degrees * 1000:.0f}\n"})

    set_to(45)
    with opened(tmp_path, a_machine()) as (device, workshop):

        def make(**values):
            cooling = CoolDown(device, **{"look_s": 0.1, **values})
            assert cooling.cooled(a_ready(), workshop.progress).notes == ("a note",)  # before the first there is none
            return cooling, workshop.progress

        yield set_to, make


def test_it_waits_until_the_device_is_back_and_notes_how_long(warmed):
    set_to, make = warmed
    cooling, progress = make()
    set_to(60)
    threading.Timer(1.0, set_to, [47.9]).start()
    began = time.monotonic()
    ready = cooling.cooled(a_ready(), progress)
    assert time.monotonic() - began >= 1.0
    assert ready.notes[0] == "a note"
    assert ready.notes[1].startswith("cooled down for ")
    assert ready.notes[1].endswith(" s to 47.9 C")
    assert "cooling down, 60.0 C is 15.0 C above the start" in progress.shown


def test_a_device_that_did_not_warm_up_is_not_waited_for(warmed):
    set_to, make = warmed
    cooling, progress = make()
    set_to(47)
    assert cooling.cooled(a_ready(), progress).notes == ("a note",)


def test_the_wait_has_an_end_and_the_record_says_how_warm_it_still_was(warmed):
    set_to, make = warmed
    cooling, progress = make(most_s=0.3)
    set_to(60)
    began = time.monotonic()
    (_, note) = cooling.cooled(a_ready(), progress).notes
    assert time.monotonic() - began < 8
    assert note.startswith("still 15.0 C warmer than at the start")


def test_it_is_switched_off_and_declared_time_needs_none(warmed):
    set_to, make = warmed
    cooling, progress = make(is_on=False)
    set_to(60)
    assert cooling.cooled(a_ready(), progress).notes == ("a note",)
    cooling, _ = make()
    assert cooling.cooled(a_ready("fake"), progress).notes == ("a note",)


def test_a_device_without_a_temperature_is_never_waited_for(tmp_path, orin):
    with opened(tmp_path, a_machine()) as (device, workshop):
        assert device.host["temperatures"] == {}
        cooling = CoolDown(device)
        cooling.cooled(a_ready(), workshop.progress)
        assert cooling.cooled(a_ready(), workshop.progress).notes == ("a note",)


def test_the_zone_that_warmed_up_the_most_counts():
    assert warmest_of({"cpu": 40.0, "gpu": 41.0}, {"cpu": 42.0, "gpu": 50.0}) == "gpu"
    assert warmest_of({"cpu": 40.0}, {"gpu": 90.0}) is None
