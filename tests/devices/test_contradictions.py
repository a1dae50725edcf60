"""In what a machine is not what its profile says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edgeprof.core.board import Board
from edgeprof.core.metric import MIB
from edgeprof.core.profile import Profile
from edgeprof.devices.load import built_in_folder, profiles
from edgeprof.devices.match import contradictions

PROFILES = profiles([built_in_folder()])


def test_a_board_that_is_not_its_profile_is_told_in_what() -> None:
    compatible = ("nvidia,p3768-0000+p3767-0004-super", "nvidia,p3767-0004", "nvidia,tegra234")
    nano = Board(
        "jetson",
        compatible=compatible,
        module="p3767-0004",
        chip="tegra234",
        memory_bytes=3600 * int(MIB),
        gpu_units=2,
        dla=0,
    )

    assert contradictions(nano, PROFILES["orin-nano-4gb"]) == ()
    assert len(contradictions(nano, PROFILES["orin-nx-16gb"])) == 2
    assert contradictions(nano, PROFILES["raspberry-pi-5"]) == ("its chip is tegra234, not bcm2712",)
    assert contradictions(nano, PROFILES["t4"]) == ("it is a jetson board",)
    assert contradictions(nano, PROFILES["x86-cpu"]) == ("it is a jetson board",)


def test_an_x86_machine_is_no_board_and_has_the_card_that_it_has() -> None:
    machine = Board("x86", gpus=("NVIDIA L4",))

    assert contradictions(machine, PROFILES["agx-thor"]) == ("it is an x86 machine",)
    assert contradictions(machine, PROFILES["l4"]) == ()
    assert "NVIDIA L4" in contradictions(machine, PROFILES["t4"])[0]
    assert contradictions(replace(machine, gpus=()), PROFILES["t4"]) == ()
    assert contradictions(machine, PROFILES["x86-cpu"]) == ()


def test_what_is_not_known_contradicts_nothing() -> None:
    for profile in PROFILES.values():
        assert contradictions(Board(), profile) == ()


ROCK = Board(compatible=("radxa,rock-5b", "rockchip,rk3588"), memory_bytes=8 << 30)


@pytest.mark.parametrize("name", ["raspberry-pi-5", "agx-orin-64gb", "jetson-nano"])
def test_a_board_that_calls_itself_something_else_is_none_of_them(name: str) -> None:
    assert contradictions(ROCK, PROFILES[name]) == ("it calls itself radxa,rock-5b",)
    assert contradictions(replace(ROCK, compatible=()), PROFILES[name]) == ()  # a container may hide it


def test_a_machine_of_another_architecture_is_no_x86_machine() -> None:
    assert contradictions(ROCK, PROFILES["x86-cpu"]) == ("it is no x86 machine",)
    assert contradictions(replace(ROCK, compatible=()), PROFILES["x86-cpu"]) == ("it is no x86 machine",)


def test_another_machines_card_is_looked_at_too() -> None:
    server = Board(memory_bytes=480 << 30, gpus=("NVIDIA H200",))

    assert contradictions(server, PROFILES["h200"]) == ()
    assert "NVIDIA H200" in contradictions(server, PROFILES["t4"])[0]


@pytest.mark.parametrize(
    ("names", "against"),
    [
        ({"chip": "rk3588"}, ()),
        ({"modules": ("radxa,rock-5b",)}, ()),
        ({"modules": ("radxa,rock-4*",), "chip": "rk3588"}, ()),
        ({"modules": ("radxa,rock-4*",), "chip": "rk3399"}, ("it calls itself radxa,rock-5b",)),
        ({"chip": "rk3588", "total_memory": (0.0, 4.0 * (1 << 30))}, ("it has 8192 MiB of memory, not 0 to 4096",)),
        ({}, ()),
    ],
)
def test_a_profile_of_ones_own_is_held_against_the_board(names: dict[str, Any], against: tuple[str, ...]) -> None:
    mine = Profile("rock", "Rock 5B", ("rock",), ("onnxruntime",), "fp32", "process", **names)

    assert contradictions(ROCK, mine) == against
