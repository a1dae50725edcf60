"""What is computed of a board."""

from __future__ import annotations

import pytest

from edgeprof.core.board import Board, Card


@pytest.mark.parametrize(
    ("board", "has"),
    [
        (Board("x86"), False),
        (Board("raspberry-pi"), False),
        (Board("jetson"), True),
        (Board("x86", gpus=("NVIDIA L4",)), True),
        (Board("x86", cards=(Card(0, "NVIDIA L4"),)), True),
        (Board("x86", no_nvml="Driver/library version mismatch"), True),  # a driver that is broken is one
    ],
)
def test_a_gpu_is_there_where_anything_of_it_is_seen(board: Board, has: bool) -> None:
    assert board.has_gpu is has
