"""Who is on a card, however widely the driver writes its list."""

from __future__ import annotations

import ctypes
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.nvml.recorded import H200, MIB, SLICED, TWO_CARDS, listed, made_in_python, u32
from edgeprof.agent.nvml import layout
from edgeprof.agent.nvml.cards import found_on
from edgeprof.agent.nvml.figures import Handle
from edgeprof.agent.nvml.gpus import Gpus
from edgeprof.agent.nvml.library import Function
from edgeprof.agent.nvml.processes import Lent, computing, held_bytes, held_on, processes_in

CARD = Handle(1)
COMPUTE = "nvmlDeviceGetComputeRunningProcesses_v3"
GRAPHICS = "nvmlDeviceGetGraphicsRunningProcesses_v3"
THREE = [(4242, 1500 * MIB), (77, 2 * MIB), (1 << 22, 1)]


@pytest.mark.parametrize("stride", [16, 24, 32])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_width_is_seen_and_not_believed(stride: int, count: int) -> None:
    """535.43 to 535.98 wrote 32 bytes where 24 are promised, and a later one 16."""
    library = made_in_python({(COMPUTE, 1): (0, listed(*THREE[:count], stride=stride))})

    assert computing(library, CARD) == dict(THREE[:count])


def test_older_drivers_are_asked_by_older_names() -> None:
    second = made_in_python({(COMPUTE.replace("3", "2"), 1): (0, listed((5, MIB)))})
    first = made_in_python({(COMPUTE.replace("_v3", ""), 1): (0, listed((6, MIB), (7, MIB), stride=16))})

    assert computing(second, CARD) == {5: MIB}
    assert computing(first, CARD) == {6: MIB, 7: MIB}


def test_nobody_is_another_answer_than_not_known() -> None:
    assert computing(made_in_python({(COMPUTE, 1): (0, listed())}), CARD) == {}
    assert computing(made_in_python({(COMPUTE, 1): (3, [])}), CARD) is None
    assert computing(made_in_python({(COMPUTE, 1): (4, listed((5, MIB)))}), CARD) is None
    assert computing(made_in_python({}), CARD) is None


def test_memory_that_is_not_told_is_none_and_the_process_is_still_there() -> None:
    library = made_in_python({(COMPUTE, 1): (0, listed((5, layout.NOT_TOLD), (6, MIB)))})

    assert computing(library, CARD) == {5: None, 6: MIB}
    assert held_bytes(library, CARD, 5) is None


def test_a_process_in_both_lists_holds_its_memory_once() -> None:
    library = made_in_python({(COMPUTE, 1): (0, listed((5, 3 * MIB))), (GRAPHICS, 1): (0, listed((5, 4 * MIB)))})

    assert held_bytes(library, CARD, 5) == 4 * MIB


def test_a_process_that_holds_nothing_is_not_known_to_hold_0() -> None:
    assert held_bytes(made_in_python({(COMPUTE, 1): (0, listed((5, 0)))}), CARD, 5) is None
    assert held_bytes(made_in_python(H200), CARD, 5) is None


def test_a_slices_memory_is_not_added_to_its_cards() -> None:
    library = made_in_python(SLICED)

    assert held_on(Gpus(library, found_on(library)), 4242) == 900 * MIB


def test_the_memory_of_several_cards_is_added() -> None:
    shared = {**TWO_CARDS, (COMPUTE, 1): (0, listed((4242, 100 * MIB)))}
    library = made_in_python(shared)

    assert held_on(Gpus(library, found_on(library)), 4242) == 1600 * MIB
    assert held_on(Gpus(library, found_on(library)), 1) is None


def answering(counts: List[int], codes: List[int]) -> Function:
    """One that says so many of so many, call after call, and writes no process."""
    calls = iter(zip(counts, codes))

    def answer(_card: Any, count: Any, _into: Any) -> int:
        said, code = next(calls)
        ctypes.memmove(count, u32(said), 4)
        return code

    return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(answer)


@pytest.mark.parametrize(
    ("counts", "codes"),
    [
        ([200, 500, 1200], [7, 7, 7]),  # always more than there was room for
        ([1 << 30], [7]),
        ([0xFFFFFFFF], [7]),
        ([129], [0]),  # more than was lent
        ([0xFFFFFFFF], [0]),
        ([3], [0]),  # three that were never written
    ],
)
def test_a_count_that_cannot_be_true_is_not_followed(counts: List[int], codes: List[int]) -> None:
    library = made_in_python({}, **{COMPUTE: answering(counts, codes)})

    assert computing(library, CARD) is None


def test_a_list_that_grew_is_asked_for_again() -> None:
    def answer(_card: Any, count: Any, into: Any) -> int:
        room = ctypes.cast(count, ctypes.POINTER(ctypes.c_uint))[0]
        told, written = listed(*((n, n * MIB) for n in range(1, 301)))
        ctypes.memmove(count, told, 4)
        if room < 300:
            return layout.INSUFFICIENT_SIZE
        ctypes.memmove(into, written, len(written))
        return 0

    pointer = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(answer)
    found = computing(made_in_python({}, **{COMPUTE: pointer}), CARD)

    assert found is not None
    assert (len(found), found[300]) == (300, 300 * MIB)


@given(
    st.lists(st.tuples(st.integers(1, 1 << 22), st.integers(0, 1 << 47)), max_size=20, unique_by=lambda one: one[0]),
    st.sampled_from([16, 24, 32]),
)
def test_any_list_of_any_width_is_read_as_it_is(processes: List[Tuple[int, int]], stride: int) -> None:
    _, raw = listed(*processes, stride=stride)
    lent = Lent(raw.ljust(128 * 32, bytes([layout.UNTOUCHED])), len(processes), 24)

    assert processes_in(lent) == dict(processes)


@given(st.binary(max_size=256), st.integers(0, 8), st.sampled_from([16, 24]))
def test_any_bytes_are_processes_or_not_known(raw: bytes, count: int, stride: int) -> None:
    found: Any = processes_in(Lent(raw.ljust(8 * 32, bytes([layout.UNTOUCHED])), count, stride))
    known: Dict[int, Any] = found or {}

    assert all(0 < pid <= 1 << 22 for pid in known)
    assert all(size is None or 0 <= size < 1 << 48 for size in known.values())
    assert found is None or len(found) <= count
