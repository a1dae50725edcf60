"""The peak on a card that has memory of its own."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from agent.nvml.recorded import H200, MIB, SLICED, TWO_CARDS, Answers, listed, made_in_python, u32, u64
from edgeprof.agent.nvml.cards import found_on
from edgeprof.agent.nvml.gpus import Gpus
from edgeprof.agent.telemetry.card_memory import CardMemory

LIST = ("nvmlDeviceGetComputeRunningProcesses_v3", 1)
MEMORY = ("nvmlDeviceGetMemoryInfo_v2", 1)


def used(size_bytes: int) -> Any:
    return (0, [u32(0x02000028, 0) + u64(143_771 * MIB, 0, 0, size_bytes)])


def watching(answers: Answers) -> CardMemory:
    """`answers` may be changed afterwards: the driver tells what is so then."""
    library = made_in_python(answers)
    return CardMemory(Gpus(library, found_on(library)))


def peak(memory: CardMemory) -> List[Any]:
    facts = memory.facts(50 * MIB)
    assert facts["memory_scope"] == "device"
    return [facts["peak_memory_bytes"], facts["memory_method"]]


def test_the_drivers_list_of_processes_tells_the_peak_while_loading_and_since() -> None:
    answers = dict(H200)
    memory = watching(answers)
    for size in (100, 900, 300):
        answers[LIST] = (0, listed((77, 5 * MIB), (4242, size * MIB)))
        assert memory.look(4242) == {"memory_gpu_bytes": size * MIB}
    memory.loaded()
    answers[LIST] = (0, listed((4242, 400 * MIB)))
    memory.look(4242)
    facts = memory.facts(None)

    assert peak(memory) == [900 * MIB, "NVML"]
    assert (facts["gpu_loading_bytes"], facts["gpu_running_bytes"]) == (900 * MIB, 400 * MIB)


def test_the_hosts_part_is_no_part_of_it() -> None:
    memory = watching(dict(H200))
    memory.look(4242)

    assert memory.facts(10_000 * MIB)["peak_memory_bytes"] == memory.facts(None)["peak_memory_bytes"] == 1500 * MIB


def test_with_accounting_no_peak_falls_between_two_looks() -> None:
    told = u32(90, 20) + u64(3000 * MIB, 12_000, 1_700_000_000) + u32(1, 0, 0, 0, 0, 0)
    memory = watching({**H200, ("nvmlDeviceGetAccountingStats", 1, 4242): (0, [told])})
    memory.look(4242)

    assert peak(memory) == [3000 * MIB, "NVML accounting"]


def test_a_process_under_another_number_is_found_by_the_cards_growth() -> None:
    """In a container the list is empty, or has the host's numbers."""
    answers = {**H200, MEMORY: used(2000 * MIB)}
    memory = watching(answers)
    for size in (2100, 2900, 2500):
        answers[MEMORY] = used(size * MIB)
        memory.look(1)

    assert peak(memory) == [900 * MIB, "NVML, all programs"]
    assert memory.facts(None)["gpu_loading_bytes"] is None


def test_growth_by_nothing_is_not_known_to_be_nothing() -> None:
    memory = watching({**H200, MEMORY: used(2000 * MIB)})
    memory.look(1)

    assert peak(memory) == [None, None]


def test_the_growth_of_all_cards_counts_since_it_may_be_on_any() -> None:
    answers = {**TWO_CARDS, MEMORY: used(0), ("nvmlDeviceGetMemoryInfo_v2", 2): used(100 * MIB)}
    memory = watching(answers)
    answers["nvmlDeviceGetMemoryInfo_v2", 2] = used(700 * MIB)
    memory.look(1)

    assert peak(memory) == [600 * MIB, "NVML, all programs"]


@pytest.mark.parametrize("code", [3, 4, 15, 999])
def test_a_card_that_tells_nothing_or_is_lost_leaves_the_peak_unknown(code: int) -> None:
    answers = {**TWO_CARDS, MEMORY: (code, []), LIST: (code, []), ("nvmlDeviceGetMemoryInfo_v2", 2): used(100 * MIB)}
    memory = watching(answers)
    answers["nvmlDeviceGetMemoryInfo_v2", 2] = used(900 * MIB)

    assert memory.look(1) == {}
    assert peak(memory) == [None, None]


def test_a_card_lost_in_mid_run_keeps_what_was_seen() -> None:
    answers: Dict[Any, Any] = dict(H200)
    memory = watching(answers)
    memory.look(4242)
    answers.update({key: (15, []) for key in answers})

    assert memory.look(4242) == {}
    assert peak(memory) == [1500 * MIB, "NVML"]


def test_in_a_slice_its_own_part_counts_once() -> None:
    memory = watching(dict(SLICED))
    memory.look(4242)

    assert peak(memory) == [900 * MIB, "NVML"]
