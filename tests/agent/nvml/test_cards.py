"""Cards, their slices, and which of them is meant."""

from __future__ import annotations

from typing import Dict, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.nvml.recorded import GIB, H200, MIB, SLICED, THOR, TWO_CARDS, handle, made_in_python, u32
from edgeprof.agent.nvml import cards
from edgeprof.core.board import Card, Slice


def test_a_card_is_described_by_what_it_is() -> None:
    library = made_in_python(H200)

    assert cards.described(library, cards.found_on(library)) == [
        Card(0, "NVIDIA H200", "GPU-aaaa0000-1111-2222-3333-444444444444", 143_771 * MIB, "9.0", is_sliced=False)
    ]
    assert (cards.driver_version(library), cards.library_version(library)) == ("570.86.15", "12.570.86.15")


def test_a_boards_gpu_has_no_memory_of_its_own_and_cannot_be_sliced() -> None:
    library = made_in_python(THOR)

    assert cards.described(library, cards.found_on(library)) == [
        Card(0, "NVIDIA Thor", "GPU-bbbb0000-1111-2222-3333-444444444444", None, "11.0", is_sliced=None)
    ]


def test_the_slices_that_were_made_are_listed_with_their_card() -> None:
    library = made_in_python(SLICED)
    (card,) = cards.described(library, cards.found_on(library))

    assert card.is_sliced is True
    assert card.slices == (
        Slice("MIG-11110000-1111-2222-3333-444444444444", 16 * GIB),
        Slice("MIG-22220000-1111-2222-3333-444444444444", 16 * GIB),
    )


def test_a_card_that_is_not_for_us_is_left_out_and_the_others_are_there() -> None:
    library = made_in_python({**TWO_CARDS, ("nvmlDeviceGetHandleByIndex_v2", 0): (4, [])})

    assert [one.index for one in cards.found_on(library)] == [1]


def test_a_driver_that_says_there_are_4_billion_cards_is_not_asked_for_each() -> None:
    endless = {("nvmlDeviceGetCount_v2",): (0, [u32(0xFFFFFFFF)])}
    endless.update({("nvmlDeviceGetHandleByIndex_v2", n): (0, [handle(n + 1)]) for n in range(100)})

    assert len(cards.found_on(made_in_python(endless))) == 64


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("0", 0),
        ("1", 1),
        ("2", None),
        ("GPU-cccc", 1),
        ("gpu-CCCC0000", 1),
        ("GPU-", None),  # two begin so
        ("GPU-dddd", None),
        ("", None),
        ("-1", None),
        ("9" * 5000, None),
        ("\u0661", None),
    ],
)
def test_a_card_is_meant_by_its_number_or_the_beginning_of_its_uuid(asked: str, index: Optional[int]) -> None:
    found = cards.chosen(cards.found_on(made_in_python(TWO_CARDS)), asked)

    assert (found.index if found else None) == index


def test_a_slice_is_meant_by_its_uuid_alone() -> None:
    found = cards.found_on(made_in_python(SLICED))
    by_uuid, by_number = cards.chosen(found, "MIG-2222"), cards.chosen(found, "0")
    assert by_uuid
    assert by_number

    assert (by_uuid.is_slice, by_uuid.handle.value, by_uuid.card.value) == (True, 12, 1)
    assert not by_number.is_slice


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, None),
        ({"CUDA_VISIBLE_DEVICES": ""}, None),
        ({"CUDA_VISIBLE_DEVICES": "GPU-cccc,GPU-aaaa"}, "GPU-cccc"),
        ({"CUDA_VISIBLE_DEVICES": "MIG-1111"}, "MIG-1111"),
        ({"CUDA_VISIBLE_DEVICES": "1"}, None),  # CUDA's order is not the driver's
        ({"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "FASTEST_FIRST"}, None),
        ({"CUDA_VISIBLE_DEVICES": " 1 ,0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, "1"),
    ],
)
def test_cudas_own_number_is_taken_only_where_it_counts_as_the_driver_does(
    environment: Dict[str, str], asked: Optional[str]
) -> None:
    assert cards.asked_of(environment) == asked


@given(st.binary(max_size=96), st.binary(max_size=96))
def test_any_name_is_words_for_a_terminal_or_none(name: bytes, uuid: bytes) -> None:
    library = made_in_python({**H200, ("nvmlDeviceGetName", 1): (0, [name]), ("nvmlDeviceGetUUID", 1): (0, [uuid])})
    (card,) = cards.described(library, cards.found_on(library))

    assert all(word is None or (word and word.isprintable()) for word in (card.name, card.uuid))
