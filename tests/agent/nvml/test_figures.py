"""What a card tells of itself, and that what it does not tell is None."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.nvml.recorded import H200, MIB, SIGNATURES, THOR, made_in_python, u32, u64
from edgeprof.agent.nvml import figures, layout

CARD = figures.Handle(1)


def test_a_card_tells_its_clocks_heat_power_and_loads() -> None:
    library = made_in_python(H200)

    assert figures.clock_hz(library, CARD, layout.CLOCK_SM) == 1980e6
    assert figures.clock_hz(library, CARD, layout.CLOCK_MEMORY) == 3201e6
    assert figures.temperature_c(library, CARD) == 35
    assert figures.power_w(library, CARD) == pytest.approx(112.25)
    assert figures.energy_j(library, CARD) == pytest.approx(5_000_123)
    assert figures.loads(library, CARD) == (0.37, 0.12)
    assert figures.throttle_bits(library, CARD) == 0x4
    assert figures.held_back_ns(library, CARD, layout.POLICY_POWER) == 250_000_000
    assert figures.held_back_ns(library, CARD, layout.POLICY_THERMAL) == 0
    assert figures.memory_bytes(library, CARD) == (143_771 * MIB, 2143 * MIB)
    assert figures.compute_capability(library, CARD) == "9.0"


def test_a_gpu_without_memory_of_its_own_says_so_by_saying_nothing() -> None:
    library = made_in_python(THOR)

    assert figures.memory_bytes(library, CARD) is None
    assert figures.clock_hz(library, CARD, layout.CLOCK_MEMORY) is None
    assert figures.energy_j(library, CARD) is None
    assert figures.throttle_bits(library, CARD) is None
    assert figures.clock_hz(library, CARD, layout.CLOCK_SM) == 1980e6


def test_older_drivers_are_asked_by_the_older_names() -> None:
    library = made_in_python(
        {
            ("nvmlDeviceGetMemoryInfo", 1): (0, [u64(16 * MIB, 12 * MIB, 4 * MIB)]),
            ("nvmlDeviceGetTemperature", 1, 0): (0, [u32(61)]),
            ("nvmlDeviceGetCurrentClocksThrottleReasons", 1): (0, [u64(0x40)]),
        }
    )

    assert figures.memory_bytes(library, CARD) == (16 * MIB, 4 * MIB)
    assert figures.temperature_c(library, CARD) == 61
    assert figures.throttle_bits(library, CARD) == 0x40


@pytest.mark.parametrize(("total", "used"), [(4 * MIB, 5 * MIB), (0, 0), (1 << 60, 1), (4 * MIB, layout.NOT_TOLD)])
def test_memory_that_cannot_be_so_is_not_known(total: int, used: int) -> None:
    told = {("nvmlDeviceGetMemoryInfo_v2", 1): (0, [u32(0x02000028, 0) + u64(total, 0, 0, used)])}

    assert figures.memory_bytes(made_in_python(told), CARD) is None


def test_a_function_that_succeeds_and_writes_nothing_tells_no_0() -> None:
    silent = made_in_python({key: (0, []) for key in H200})

    assert everything(silent) == {None}


@pytest.mark.parametrize("code", [3, 4, 9, 15, 18, 999, -1])
def test_whatever_it_refuses_with_the_figure_is_not_known(code: int) -> None:
    """And what it has written by then is not read."""
    refusing = made_in_python({key: (code, written) for key, (_, written) in H200.items()})

    assert everything(refusing) == {None}


def test_a_library_without_the_functions_tells_nothing() -> None:
    assert everything(made_in_python({})) == {None}


def test_accounting_knows_the_most_that_was_held_at_once() -> None:
    told = u32(90, 20) + u64(3000 * MIB, 12_000, 1_700_000_000) + u32(1, 0, 0, 0, 0, 0)
    library = made_in_python({("nvmlDeviceGetAccountingStats", 1, 42): (0, [told])})

    assert figures.accounted_bytes(library, CARD, 42) == 3000 * MIB
    assert figures.accounted_bytes(library, CARD, 43) is None


def test_the_layouts_are_as_large_as_the_drivers() -> None:
    """Sizes that stand in the versions of nvidia-ml-py 13.615.71, and in its header."""
    assert layout.version_of(layout.Memory2, 2) == 0x02000028
    assert layout.version_of(layout.Temperature, 1) == 0x0100000C
    assert ctypes.sizeof(layout.Memory) == 24
    assert ctypes.sizeof(layout.Accounting) == 56


def everything(library: Any) -> set:  # type: ignore[type-arg]
    memory = figures.memory_bytes(library, CARD)
    return {
        figures.clock_hz(library, CARD, layout.CLOCK_SM),
        figures.temperature_c(library, CARD),
        figures.power_w(library, CARD),
        figures.energy_j(library, CARD),
        *figures.loads(library, CARD),
        figures.throttle_bits(library, CARD),
        figures.held_back_ns(library, CARD, layout.POLICY_THERMAL),
        *(memory or [None]),
        figures.compute_capability(library, CARD),
        figures.accounted_bytes(library, CARD, 42),
    }


OUTPUTS = st.lists(st.binary(max_size=24) | st.just(b"\xff" * 24) | st.just(b"\0" * 24), max_size=2)


@given(st.dictionaries(st.sampled_from(sorted(SIGNATURES)), st.tuples(st.sampled_from([0, 0, 0, 3, 7, 999]), OUTPUTS)))
def test_any_bytes_with_any_code_give_a_plausible_figure_or_none(told) -> None:  # type: ignore[no-untyped-def]
    numbers = {"nvmlDeviceGetAccountingStats": [42]}
    answers = {}
    for name, answer in told.items():
        for number in numbers.get(name, [0, 1, 2] if "u" in SIGNATURES[name] else [None]):
            answers[tuple(part for part in (name, 1, number) if part is not None)] = answer
    library = made_in_python(answers)
    memory = figures.memory_bytes(library, CARD)
    load, memory_load = figures.loads(library, CARD)

    assert 0 < (figures.clock_hz(library, CARD, layout.CLOCK_SM) or 1) <= 20e9
    assert 0 < (figures.temperature_c(library, CARD) or 1) <= 200
    assert 0 < (figures.power_w(library, CARD) or 1) <= 20e3
    assert (figures.energy_j(library, CARD) or 0) >= 0
    assert 0 <= (load or 0) <= 1
    assert 0 <= (memory_load or 0) <= 1
    assert memory is None or 0 <= memory[1] <= memory[0] < 1 << 48
    assert 0 < (figures.accounted_bytes(library, CARD, 42) or 1) < 1 << 48
