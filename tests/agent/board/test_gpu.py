"""The cards of a machine, by the driver's files and by its library."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.board.trees import write
from agent.nvml.recorded import H200, MIB, MISMATCH, SLICED, THOR, compiler, made_of_c
from edgeprof.agent.board import whole
from edgeprof.core.board import Board
from edgeprof.core.codec import plain, restore

needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler here")
FILES = {"proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA H200\nIRQ: 5\n"}


def test_without_the_library_the_drivers_files_name_the_cards(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "proc/driver/nvidia/version": "NVRM version: 570\n"})
    seen = whole.read(tmp_path)

    assert seen.gpus == ("NVIDIA H200",)
    assert (seen.cards, seen.driver, seen.no_nvml) == ((), None, "libnvidia-ml.so.1 cannot be loaded")


def test_a_machine_without_a_card_lacks_nothing(tmp_path: Path) -> None:
    seen = whole.read(tmp_path)

    assert (seen.gpus, seen.cards, seen.no_nvml) == ((), (), None)


@needs_compiler
def test_the_library_tells_names_memory_and_versions(tmp_path: Path) -> None:
    seen = whole.read(made_of_c(tmp_path, H200))
    (card,) = seen.cards

    assert seen.gpus == ("NVIDIA H200",)
    assert (seen.driver, seen.nvml, seen.no_nvml) == ("570.86.15", "12.570.86.15", None)
    assert (card.memory_bytes, card.compute_capability) == (143_771 * MIB, "9.0")


@needs_compiler
def test_slices_cross_the_wire_as_they_are(tmp_path: Path) -> None:
    seen = whole.read(made_of_c(tmp_path, SLICED))

    assert len(seen.cards[0].slices) == 2
    assert restore(Board, plain(seen), "board") == seen


@needs_compiler
def test_a_jetsons_gpu_is_told_of_and_is_no_card(tmp_path: Path) -> None:
    write(tmp_path, {"etc/nv_tegra_release": "# R38 (release), REVISION: 4.0\n"})
    seen = whole.read(made_of_c(tmp_path, THOR))

    assert seen.gpus == ()
    assert [card.name for card in seen.cards] == ["NVIDIA Thor"]


@needs_compiler
def test_a_driver_that_does_not_fit_its_library_is_said_beside_the_names(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    seen = whole.read(made_of_c(tmp_path, MISMATCH))

    assert (seen.gpus, seen.no_nvml) == (("NVIDIA H200",), "Driver/library version mismatch")
