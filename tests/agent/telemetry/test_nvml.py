"""A GPU as a source: what it tells, of which card, and what is the whole's and not its own."""

from __future__ import annotations

from typing import Optional

import pytest

from agent.nvml.recorded import H200, SLICED, THOR, TWO_CARDS, Answers, listed, made_in_python, u32, u64
from edgeprof.agent.nvml.cards import found_on
from edgeprof.agent.nvml.gpus import Gpus
from edgeprof.agent.telemetry import nvml
from edgeprof.agent.telemetry.source import Source

LIST = "nvmlDeviceGetComputeRunningProcesses_v3"


def gpus_of(answers: Answers) -> Gpus:
    library = made_in_python(answers)
    return Gpus(library, found_on(library))


def source_of(answers: Answers, pid: int = 4242) -> Source:
    gpus = gpus_of(answers)
    one = nvml.measured_on(gpus, pid)
    assert one
    return nvml.source_of(gpus, one, pid)


def test_a_card_tells_all_there_is_and_how_it_was_read() -> None:
    answers = dict(H200)
    source = source_of(answers)
    answers["nvmlDeviceGetTotalEnergyConsumption", 1] = (0, [u64(5_000_123_500)])

    assert source.read() == pytest.approx(
        {
            "gpu_hz": 1980e6,
            "memory_hz": 3201e6,
            "gpu_load": 0.37,
            "memory_load": 0.12,
            "temperature_gpu_c": 35,
            "power_w": 112.25,
            "energy_j": 0.5,
            "gpu_throttle_bits": 4,
            "gpu_other_processes": 0,
        }
    )
    assert source.count() == {"gpu_power_limit_ns": 250_000_000, "gpu_heat_limit_ns": 0}
    assert source.way("power_w") == "NVML, card 0"


def test_a_boards_gpu_tells_its_own_part_of_the_power_and_no_energy() -> None:
    found = source_of(THOR).read()

    assert found["power_gpu_w"] == pytest.approx(11.17)
    assert not {"power_w", "energy_j", "memory_hz", "gpu_throttle_bits"} & set(found)
    assert source_of(THOR).count() == {}


def test_a_slice_has_neither_its_cards_power_nor_its_load() -> None:
    found = source_of(SLICED).read()

    assert found["power_card_w"] == pytest.approx(112.25)
    assert not {"power_w", "energy_j", "gpu_load"} & set(found)
    assert found["gpu_other_processes"] == 0  # the other one is in another slice


def test_others_on_the_card_are_counted_where_our_own_is_among_them() -> None:
    crowded = {**H200, (LIST, 1): (0, listed((4242, 9), (5, 9), (6, 9)))}

    assert source_of(crowded).read()["gpu_other_processes"] == 2
    assert "gpu_other_processes" not in source_of(crowded, pid=7).read()


def test_a_counter_of_joules_that_went_back_says_nothing() -> None:
    answers = dict(H200)
    source = source_of(answers)
    answers["nvmlDeviceGetTotalEnergyConsumption", 1] = (0, [u64(1)])

    assert "energy_j" not in source.read()


def test_a_card_lost_in_mid_run_tells_nothing_more() -> None:
    answers = dict(H200)
    source = source_of(answers)
    answers.update({key: (15, []) for key in answers})

    assert (source.read(), source.count()) == ({}, {})


def test_bits_without_a_meaning_are_left_out() -> None:
    told = {**H200, ("nvmlDeviceGetCurrentClocksEventReasons", 1): (0, [u64(0x7FFFF840)])}

    assert source_of(told).read()["gpu_throttle_bits"] == 0x40


@pytest.mark.parametrize(
    ("pid", "uuid", "visible", "index"),
    [
        (4242, None, None, 1),  # by the driver's list
        (1, None, None, None),  # two cards, and on neither's list
        (1, "GPU-aaaa", None, 0),  # as it said itself
        (4242, "GPU-aaaa", "GPU-cccc", 0),
        (1, None, "GPU-cccc", 1),
        (4242, None, "GPU-aaaa", 1),  # one that is shown it, and not the first
        (1, None, "GPU-dddd", None),
    ],
)
def test_of_several_cards_the_one_is_read_that_the_process_computes_on(
    monkeypatch: pytest.MonkeyPatch, pid: int, uuid: Optional[str], visible: Optional[str], index: Optional[int]
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = nvml.measured_on(gpus_of(TWO_CARDS), pid, uuid)

    assert (found.index if found else None) == index


def test_the_only_card_is_the_one_whatever_it_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    found = nvml.measured_on(gpus_of(H200), 1)

    assert found
    assert found.index == 0


def test_a_process_in_a_slice_is_found_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    found = nvml.measured_on(gpus_of(SLICED), 77)
    assert found

    assert (found.is_slice, found.handle.value) == (True, 11)
    assert nvml.measured_on(gpus_of(SLICED), 1) is None


def test_a_slice_is_found_by_the_uuid_that_cuda_gives_it() -> None:
    found = nvml.measured_on(gpus_of(SLICED), 1, "GPU-22220000-1111-2222-3333-444444444444")

    assert found
    assert (found.is_slice, found.handle.value) == (True, 12)


def test_the_only_slice_that_a_container_shows_is_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    one_slice = {**SLICED, ("nvmlDeviceGetMigDeviceHandleByIndex", 1, 0): (6, []), (LIST, 12): (0, listed())}
    found = nvml.measured_on(gpus_of(one_slice), 1)

    assert found
    assert (found.is_slice, found.handle.value) == (True, 12)


def test_throttling_is_read_by_its_older_name_too() -> None:
    older = {key: answer for key, answer in H200.items() if key[0] != "nvmlDeviceGetCurrentClocksEventReasons"}
    older["nvmlDeviceGetCurrentClocksThrottleReasons", 1] = (0, [u64(0x20)])
    older["nvmlDeviceGetClockInfo", 1, 2] = (0, [u32(0)])
    found = source_of(older).read()

    assert found["gpu_throttle_bits"] == 0x20
    assert "memory_hz" not in found  # a clock of 0 is one that nobody told
