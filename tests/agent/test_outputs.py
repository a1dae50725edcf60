"""What becomes of a session's outputs on their way to be compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeprof.agent.outputs import are_finite, sampled, write

np = pytest.importorskip("numpy")


def test_a_small_output_is_written_as_it_is(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    (path,) = write([values], str(tmp_path), 0)

    assert np.array_equal(np.load(path), values)
    assert sampled(values) is values


@pytest.mark.parametrize("shape", [(1, 4, 64, 64), (16384,), (2, 8192)])
@pytest.mark.parametrize("kind", ["float32", "float16", "int64", "uint8"])
def test_a_large_one_is_sampled_evenly_and_within_the_limit(shape: tuple, kind: str) -> None:
    values = (np.arange(np.prod(shape)) % 251).astype(kind).reshape(shape)
    most = values.nbytes // 5
    sample = sampled(values, most)

    assert 0 < sample.nbytes <= most
    assert sample.dtype == values.dtype
    assert sample.nbytes >= values.nbytes // 8
    assert np.array_equal(sample, sampled(values.copy(), most))


def test_a_sample_goes_through_every_row_column_and_channel() -> None:
    channel, row, column = np.indices((4, 32, 32))
    for axis in (channel, row, column):
        assert set(np.unique(sampled(axis, axis.nbytes // 6))) == set(np.unique(axis))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("place", [0, 7, 4095])
def test_what_is_no_number_is_none_in_the_sample_wherever_it_stood(value: float, place: int) -> None:
    values = np.zeros(4096, dtype=np.float32)
    values[place] = value

    assert not are_finite([sampled(values, 1024)])
    assert are_finite([sampled(np.zeros(4096, dtype=np.float32), 1024)])
