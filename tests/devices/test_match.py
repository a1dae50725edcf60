"""Which profile a machine fits, from what its own files say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.board import Board, Card
from edgeprof.core.metric import MIB
from edgeprof.devices.load import built_in_folder, profiles
from edgeprof.devices.match import CERTAIN, LIKELY, POSSIBLE, SURENESS, Match, contradictions, match

PROFILES = profiles([built_in_folder()])


def a_jetson(module: str | None = None, memory_mib: int | None = None, **changes: object) -> Board:
    """Of the Orin's kind, with a compatible list as the boards have it."""
    compatible = (f"nvidia,p3768-0000+{module}-super", f"nvidia,{module}") if module else ("oe4t,carrier",)
    board = Board(
        kind="jetson",
        compatible=(*compatible, "nvidia,tegra234"),
        module=module,
        chip="tegra234",
        memory_bytes=memory_mib * int(MIB) if memory_mib else None,
    )
    return replace(board, **changes)  # type: ignore[arg-type]


def matches(board: Board) -> tuple[Match, ...]:
    return match(board, PROFILES.values())


def best(board: Board) -> tuple[str, str]:
    found = matches(board)[0]
    return found.profile.name, found.sureness


@pytest.mark.parametrize(
    ("module", "memory_mib", "name"),
    [
        ("p3701-0005", 62817, "agx-orin-64gb"),
        ("p3701-0004", 30536, "agx-orin-32gb"),
        ("p3767-0000", 15656, "orin-nx-16gb"),
        ("p3767-0001", 7486, "orin-nx-8gb"),
        ("p3767-0003", 7620, "orin-nano-8gb"),
        ("p3767-0005", 7486, "orin-nano-8gb"),
        ("p3767-0004", 3600, "orin-nano-4gb"),
        ("p3767-0005", 3600, "orin-nano-4gb"),
    ],
)
def test_an_orin_is_known_by_its_module_and_memory(module: str, memory_mib: int, name: str) -> None:
    assert best(a_jetson(module, memory_mib)) == (name, CERTAIN)


@pytest.mark.parametrize(
    ("module", "chip", "memory_mib", "name"),
    [
        ("p3834-0008", "tegra264", 125773, "agx-thor"),
        ("p3668-0000", "tegra194", 6854, "xavier-nx"),
        ("p3668-0001", "tegra194", 7771, "xavier-nx"),
        ("p2888-0001", "tegra194", 15823, "agx-xavier"),
        ("p3448-0000", "tegra210", 3964, "jetson-nano"),
    ],
)
def test_other_jetsons_are_known_by_theirs(module: str, chip: str, memory_mib: int, name: str) -> None:
    board = a_jetson(module, memory_mib, chip=chip, compatible=(f"nvidia,{module}", f"nvidia,{chip}"))

    assert best(board) == (name, CERTAIN)


@pytest.mark.parametrize(
    ("compatible", "name"),
    [
        (("nvidia,p3768-0000+p3767-0005-super", "nvidia,p3767-0005", "nvidia,tegra234"), "orin-nano-8gb"),
        (("nvidia,p3768-0000+p3767-0005-super", "nvidia,tegra234"), "orin-nano-8gb"),
        (("oe4t,p3768-0000+p3767-0003", "nvidia,tegra234"), "orin-nano-8gb"),
        (("vendor,carrier", "nvidia,p3768-0000+p3767-0001", "nvidia,tegra234"), "orin-nx-8gb"),
    ],
)
def test_the_module_is_found_anywhere_in_the_compatible_list(compatible: tuple[str, ...], name: str) -> None:
    assert best(a_jetson(None, 7486, compatible=compatible)) == (name, CERTAIN)


@pytest.mark.parametrize(
    "model",
    [
        "NVIDIA Jetson AGX Orin Developer Kit",
        "Jetson AGX Orin",
        "NVIDIA Jetson Orin NX Engineering Reference Developer Kit",
        "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super",
        "NVIDIA Jetson Xavier NX Developer Kit",
        "NVIDIA Jetson AGX Thor Developer Kit",
        "Lanner EAI-I233 Jetson AGX Orin",
        "Jetson AGX Orin for DSBOARD-AGX",
    ],
)
def test_the_models_words_change_nothing(model: str) -> None:
    named = a_jetson("p3767-0003", 7620, model=model)

    assert matches(named) == matches(replace(named, model=None))
    assert matches(Board(kind="jetson", model=model)) == ()


@pytest.mark.parametrize("module", [None, "p3767-0000"])
def test_two_tpcs_that_call_themselves_an_orin_nx_are_an_orin_nano_4gb(module: str | None) -> None:
    model = "NVIDIA Jetson Orin NX Engineering Reference Developer Kit"
    board = a_jetson(module, 3600, model=model, gpu_units=2, dla=0)
    found = matches(board)

    assert (found[0].profile.name, found[0].sureness) == ("orin-nano-4gb", LIKELY)
    assert any("2 TPCs" in reason for reason in found[0].reasons)


def test_memory_that_cannot_be_the_modules_says_more_than_the_module() -> None:
    assert best(a_jetson(None, 3600, compatible=("nvidia,p3767-0000", "nvidia,tegra234"))) == ("orin-nano-4gb", LIKELY)


def test_a_power_mode_that_switches_tpcs_off_makes_no_other_board() -> None:
    board = a_jetson("p3767-0000", 15656, gpu_units=2, dla=2)  # 15W, the default of an Orin NX

    assert best(board) == ("orin-nx-16gb", CERTAIN)
    assert contradictions(board, PROFILES["orin-nx-16gb"]) == ()


def test_the_early_agx_orin_kit_has_the_large_ones_gpu() -> None:
    board = a_jetson("p3701-0000", 30536, gpu_units=8, dla=2)
    found = matches(board)[0]

    assert (found.profile.name, found.sureness) == ("agx-orin-64gb", LIKELY)
    assert any("30536 MiB" in reason and reason.startswith("but") for reason in found.reasons)


def test_without_a_module_the_dla_tells_an_orin_nx_from_a_nano() -> None:
    assert best(a_jetson(None, 7486, dla=1)) == ("orin-nx-8gb", LIKELY)
    assert best(a_jetson(None, 7486, dla=0)) == ("orin-nano-8gb", LIKELY)


def test_two_that_fit_equally_are_only_possible() -> None:
    found = matches(a_jetson(None, 7486))

    assert {each.profile.name for each in found if each.sureness == POSSIBLE} == {"orin-nx-8gb", "orin-nano-8gb"}
    assert best(a_jetson("p3767-0005"))[1] == POSSIBLE  # 8 GB or 4


def test_in_a_container_the_power_modes_file_still_names_the_module() -> None:
    board = Board(kind="jetson", memory_bytes=7486 * int(MIB), power_conf="nvpmodel_p3767_0003_super.conf")

    assert best(board) == ("orin-nano-8gb", LIKELY)


def test_a_chip_that_no_profile_has_fits_none() -> None:
    assert matches(a_jetson("p3310-0000", 7900, chip="tegra186")) == ()


@pytest.mark.parametrize(
    ("module", "chip", "name"),
    [("raspberrypi,5-model-b", "bcm2712", "raspberry-pi-5"), ("raspberrypi,4-model-b", "bcm2711", "raspberry-pi-4")],
)
def test_a_raspberry_pi_is_known_by_its_compatible_string(module: str, chip: str, name: str) -> None:
    board = Board("raspberry-pi", compatible=(module, f"brcm,{chip}"), module=module, chip=chip)

    assert best(board) == (name, CERTAIN)


def test_another_board_with_a_pis_chip_is_likely_that_pi() -> None:
    module = "raspberrypi,4-compute-module"
    board = Board("raspberry-pi", compatible=(module, "brcm,bcm2711"), module=module, chip="bcm2711")

    assert best(replace(board, memory_bytes=3800 * int(MIB))) == ("raspberry-pi-4", LIKELY)


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("Tesla T4", "t4"),
        ("NVIDIA L4", "l4"),
        ("NVIDIA A2", "a2"),
        ("NVIDIA A10", "a10"),
        ("NVIDIA GeForce RTX 3060", "rtx-3060"),
        ("NVIDIA GeForce RTX 4090", "rtx-4090"),
        ("NVIDIA GeForce RTX 4060 Laptop GPU", "rtx-4060-laptop"),
        ("Tesla V100-SXM2-16GB", "v100"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H200", "h200"),
    ],
)
def test_a_card_is_known_by_its_drivers_name(card: str, name: str) -> None:
    found = matches(Board("x86", gpus=(card,)))

    assert [(each.profile.name, each.sureness) for each in found] == [(name, CERTAIN), ("x86-cpu", POSSIBLE)]


def test_a_card_that_is_cut_into_slices_is_less_than_its_profile() -> None:
    name = "NVIDIA H200"

    assert best(Board("x86", gpus=(name,), cards=(Card(0, name, is_sliced=False),))) == ("h200", CERTAIN)
    assert best(Board("x86", gpus=(name,), cards=(Card(0, name, is_sliced=True),))) == ("h200", LIKELY)


@pytest.mark.parametrize(
    "card",
    ["NVIDIA A10G", "NVIDIA L40", "NVIDIA A100-SXM4-40GB", "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA H100 PCIe"],
)
def test_a_card_with_a_longer_name_is_another_card(card: str) -> None:
    assert best(Board("x86", gpus=(card,))) == ("x86-cpu", POSSIBLE)


def test_an_x86_machine_fits_the_generic_profile_at_most() -> None:
    assert [each.profile.name for each in matches(Board("x86", memory_bytes=16 << 30))] == ["x86-cpu"]


@pytest.mark.parametrize("board", [Board(), Board(chip="rk3588", compatible=("radxa,rock-5b", "rockchip,rk3588"))])
def test_an_unknown_machine_fits_nothing(board: Board) -> None:
    assert matches(board) == ()


BOARDS = st.builds(
    Board,
    kind=st.sampled_from(["jetson", "raspberry-pi", "x86", "other"]),
    model=st.none() | st.text(max_size=20),
    compatible=st.lists(
        st.sampled_from(
            ["nvidia,p3767-0005", "nvidia,p3701-0000", "nvidia,tegra234", "raspberrypi,5-model-b", "", "x"]
        ),
        max_size=3,
    ).map(tuple),
    module=st.none() | st.sampled_from(["p3767-0000", "p2888-0001", "raspberrypi,4-model-b", "?", "[", "*"]),
    chip=st.none() | st.sampled_from(["tegra234", "tegra194", "tegra264", "bcm2712", "other"]),
    memory_bytes=st.none() | st.integers(0, 1 << 40),
    gpu_units=st.none() | st.integers(0, 20),
    dla=st.none() | st.integers(0, 3),
    gpus=st.lists(st.sampled_from(["NVIDIA L4", "NVIDIA Thor", ""]), max_size=2).map(tuple),
    power_conf=st.none() | st.sampled_from(["nvpmodel_p3767_0003.conf", "nvpmodel.conf", ""]),
)


@given(BOARDS)
def test_any_board_is_matched_best_first_and_with_reasons(board: Board) -> None:
    found = matches(board)
    order = [SURENESS.index(each.sureness) for each in found]

    assert order == sorted(order)
    assert order.count(0) <= 1
    assert all(each.reasons for each in found)
    assert matches(replace(board, model="another")) == found
