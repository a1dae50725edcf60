"""The library opened as it is: there, missing, refusing or silent."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Iterator

import pytest

from agent.nvml.recorded import H200, MISMATCH, NO_DRIVER, THOR, Answers, compiler, made_in_python, made_of_c
from agent.telemetry.trees import written
from edgeprof.agent.nvml.cards import described, driver_version
from edgeprof.agent.nvml.gpus import Opened, opened, opened_with
from edgeprof.agent.nvml.library import NAME, close

needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler here")


def test_a_machine_without_library_and_driver_lacks_nothing(tmp_path: Path) -> None:
    assert opened(tmp_path) == Opened(None, None)


@pytest.mark.parametrize("sign", ["proc/driver/nvidia/version", "dev/nvidiactl"])
def test_a_driver_without_its_library_is_said(tmp_path: Path, sign: str) -> None:
    """As in a container that was started without its utilities."""
    assert opened(written(tmp_path, {sign: ""})) == Opened(None, f"{NAME} cannot be loaded")


def test_a_library_for_another_processor_or_no_library_at_all_is_none(tmp_path: Path) -> None:
    root = written(tmp_path, {f"usr/lib/{NAME}": "\x7fELF not for this machine", "dev/nvidiactl": ""})

    assert opened(root) == Opened(None, f"{NAME} cannot be loaded")


@pytest.mark.parametrize(("answers", "code"), [(MISMATCH, 18), (NO_DRIVER, 9)])
def test_a_driver_that_refuses_says_why_in_its_own_words(answers: Answers, code: int) -> None:
    assert opened_with(made_in_python(answers)) == Opened(None, f"in words {code}")


def test_a_driver_that_shows_no_card_says_so() -> None:
    assert opened_with(made_in_python({("nvmlInit_v2",): (0, [])})).reason == "the driver shows no card here"


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_driver_that_never_answers_is_given_up(never: threading.Event) -> None:
    """As one does whose card has fallen off the bus."""

    def hang() -> int:
        never.wait()
        return 0

    answer = opened_with(made_in_python({}, nvmlInit_v2=hang), 0.1)

    assert answer == Opened(None, "the driver did not answer within 0.1 s")


@needs_compiler
@pytest.mark.parametrize(("answers", "name"), [(H200, "NVIDIA H200"), (THOR, "NVIDIA Thor")])
def test_a_library_of_c_is_loaded_and_asked(tmp_path: Path, answers: Answers, name: str) -> None:
    gpus, reason = opened(made_of_c(tmp_path, answers))
    assert gpus

    assert reason is None
    assert [card.name for card in described(gpus.library, gpus.found)] == [name]
    assert driver_version(gpus.library) in ("570.86.15", "580.00")
    close(gpus.library)


@needs_compiler
def test_a_library_of_c_says_in_its_words_why_it_cannot_be_used(tmp_path: Path) -> None:
    assert opened(made_of_c(tmp_path, MISMATCH)) == Opened(None, "Driver/library version mismatch")


@pytest.mark.gpu
def test_the_true_library_names_this_machines_cards() -> None:
    gpus, reason = opened()
    assert gpus, reason
    cards = described(gpus.library, gpus.found)

    assert all(card.name and card.uuid and card.uuid.startswith("GPU-") for card in cards)
    assert all(card.memory_bytes is None or card.memory_bytes > 1 << 28 for card in cards)
    assert driver_version(gpus.library)
    close(gpus.library)
