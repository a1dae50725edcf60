"""What a machine is, as a probe tells it."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from agent.board.trees import TREE, write

from edgeprof.core.board import Board
from edgeprof.core.machine import Machine
from edgeprof.workflow.likeness import likenesses_of
from edgeprof.workflow.probe import name_for, probe, probe_of
from workflow.boards import a_machine, a_profile, a_workshop, opened


def test_an_orin_nano_is_told_with_its_profile_and_how_sure_that_is(tmp_path, orin):
    found = probe(a_machine(), a_workshop(tmp_path))
    assert found.likenesses[0].profile == "orin-nano-8gb"
    assert found.likenesses[0].sureness == "certain"
    assert any("p3767-0005" in reason for reason in found.likenesses[0].reasons)
    assert found.board.jetpack == "6.2.1"
    assert dict(found.runtimes)["onnxruntime"]
    assert "fake" not in dict(found.runtimes)
    assert found.entry == {"profile": "orin-nano-8gb"}
    assert found.add is None  # local needs no entry


def test_a_machine_elsewhere_comes_with_the_line_that_configures_it(tmp_path, orin):
    with opened(tmp_path, a_machine()) as (device, _):
        there = Machine("nvidia@box.lab", host="nvidia@box.lab")
        found = probe_of(replace(device, machine=there))
        with_python = probe_of(replace(device, machine=replace(there, python="~/env/bin/python")))
    assert with_python.entry == {**found.entry, "python": "~/env/bin/python"}
    assert found.add == "edgeprof device add box --host nvidia@box.lab --profile orin-nano-8gb"
    assert found.entry == {"host": "nvidia@box.lab", "profile": "orin-nano-8gb"}


def test_a_profile_that_does_not_fit_is_a_contradiction_and_stays_named(tmp_path, orin):
    found = probe(a_machine("agx-orin-64gb"), a_workshop(tmp_path))
    assert found.contradictions
    assert found.likenesses[0].profile == "orin-nano-8gb"


def test_nobody_guesses_where_nothing_is_sure(tmp_path, orin):
    hidden = {"proc/meminfo": "", "sys/devices/platform/gpu.0/tpc_pg_mask": ""}
    write(orin.root, {f"{TREE}/compatible": "nvidia,tegra234\0", **hidden})
    shutil.rmtree(orin.root / TREE / "bus@0")
    found = probe(a_machine(), a_workshop(tmp_path))
    assert len(found.likenesses) > 1
    assert "profile" not in found.entry


@pytest.mark.parametrize(
    ("named", "name"),
    [
        ("orin", "orin"),
        ("nvidia@box.lab.example", "box"),
        ("ssh://user@box:2222", "box"),
        ("nvidia@10.0.0.5", "NAME"),
        ("a@b;c", "NAME"),
    ],
)
def test_a_name_is_made_of_the_address_where_it_gives_one(named, name):
    assert name_for(Machine(named, host=named)) == name


def test_a_profile_of_ones_own_is_among_those_that_are_matched(tmp_path, orin):
    from edgeprof.workflow.likeness import likenesses_of

    with opened(tmp_path, a_machine()) as (device, _):
        own = a_profile("orin-nano-8gb")
        found = likenesses_of(device.board, replace(own, name="my-board"))
    assert {"my-board", "orin-nano-8gb"} <= {likeness.profile for likeness in found}


def test_a_machine_that_is_configured_is_not_to_be_added_again(tmp_path, orin):
    with opened(tmp_path, a_machine()) as (device, _):
        there = replace(device, machine=Machine("box", host="nvidia@box.lab"))
        found = probe_of(there, "edgeprof.yaml:3 devices.box")

    assert found.add is None
    assert found.configured == "edgeprof.yaml:3 devices.box"
    assert found.entry == {"host": "nvidia@box.lab", "profile": "orin-nano-8gb"}


def test_a_profile_that_was_given_by_path_is_named_by_its_path(tmp_path, orin):
    profile = replace(a_profile("orin-nano-8gb"), name="mine", origin=str(tmp_path / "mine.yaml"))
    with opened(tmp_path, a_machine()) as (device, _):
        found = probe_of(replace(device, machine=Machine("me@box", host="me@box", profile=profile)))

    assert found.add == f"edgeprof device add box --host me@box --profile {tmp_path / 'mine.yaml'}"


def test_the_users_own_profiles_are_looked_through(tmp_path, monkeypatch):
    folder = tmp_path / "edgeprof" / "profiles"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    shutil.copy(a_profile("orin-nano-8gb").origin, folder / "my-nano.yaml")
    board = Board(kind="jetson", module="p3767-0005", chip="tegra234", memory_bytes=7620 << 20, gpu_units=4, dla=0)

    assert "my-nano" in {likeness.profile for likeness in likenesses_of(board)}
