"""Inputs in the type that a plan takes."""

from __future__ import annotations

import pytest

from edgeprof.agent.runtimes.inputs import taken_as
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor

np = pytest.importorskip("numpy")
NARROWED = Tensor("ids", (2,), "int32")


def test_an_int64_input_that_the_builder_narrowed_is_cast() -> None:
    taken = taken_as(NARROWED, {"ids": np.array([7, -(2**31)], dtype="int64")})

    assert (str(taken.dtype), taken.tolist()) == ("int32", [7, -(2**31)])


def test_one_of_its_own_type_is_taken_as_it_is() -> None:
    given = np.array([1, 2], dtype="int32")

    assert taken_as(NARROWED, {"ids": given}) is given


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({}, "which the job has not"),
        ({"ids": np.array([0, 2**31], dtype="int64")}, "the job has int64"),
        ({"ids": np.array([0, 1], dtype="float32")}, "the job has float32"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(arrays: dict, words: str) -> None:
    with pytest.raises(ConvertError, match=words) as raised:
        taken_as(NARROWED, arrays)

    assert "--runtime onnxruntime" in str(raised.value.hint)
