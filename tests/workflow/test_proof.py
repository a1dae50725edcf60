"""Proofs: large outputs by a sample taken in the same places on both sides, and words for what went wrong."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from edgeprof.agent import outputs
from edgeprof.convert.localise import Divergence, Explanation
from edgeprof.convert.parity import compare
from edgeprof.core.artefact import Artefact, Parity, Reference
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor
from edgeprof.workflow.proof import _as_sent, _expect_equal, _words

np = pytest.importorskip("numpy")
SHAPE = (1, 20, 1024, 1024)  # 80 MiB


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """An artefact whose one output is large, and what it should be."""
    folder = tmp_path_factory.mktemp("large")
    expected = np.random.default_rng(1).standard_normal(SHAPE, dtype=np.float32)
    np.save(folder / "expected.npy", expected)
    output = Tensor("mask", SHAPE, "float32")
    references = (Reference((), (str(folder / "expected.npy"),)),)
    artefact = Artefact("m", "onnx", "onnx", "m.onnx", "00", 1, "fp32", (), (output,), references=references)
    return artefact, expected


def seen(values, folder):
    return [[folder / "seen" / path for path in outputs.write([values], str(folder), 0)]]


def test_equal_outputs_are_equal_by_their_samples(large, tmp_path):
    artefact, expected = large
    parity = compare(_as_sent(artefact, tmp_path), seen(expected, tmp_path), "fake", "fp32")

    assert parity.relative_l2 == 0.0
    assert (tmp_path / "output-0-0.npy").stat().st_size <= outputs.MOST_BYTES + 1024


def test_other_outputs_differ_by_their_samples(large, tmp_path):
    artefact, expected = large
    other = expected.copy()
    other[0, 7] += 1
    parity = compare(_as_sent(artefact, tmp_path), seen(other, tmp_path), "fake", "fp32")

    assert parity.relative_l2 == pytest.approx((1 / 20) ** 0.5, rel=0.05)


def test_one_value_that_is_no_number_is_found_in_20_million(large, tmp_path):
    artefact, expected = large
    other = expected.copy()
    other[0, 19, 1023, 1022] = np.nan

    assert not compare(_as_sent(artefact, tmp_path), seen(other, tmp_path), "fake", "fp32").finite


@pytest.mark.parametrize(("rounding", "words"), [("0.42", "torch itself loses 42% to fp32"), ("1e-6", "try another")])
def test_of_weights_that_fp32_itself_cannot_compute_that_is_what_is_said(rounding, words):
    artefact = Artefact("m", "timm", "onnx", "m.onnx", "00", 1, "fp32", (), (), card={"rounding": rounding})
    prepared = SimpleNamespace(artefact=artefact, job=SimpleNamespace(runtime="onnxruntime", precision="fp32"))
    parity = Parity("onnxruntime", "fp32", 0.54, 0.8, 9.0, 5e-2, 0.86, None, finite=True, reference="torch fp32")
    with pytest.raises(ConvertError, match=r"relative L2 0\.54, at most 0\.05") as caught:
        _expect_equal(parity, prepared, SimpleNamespace(explains=False))
    assert words in caught.value.hint


def test_an_explanation_names_the_operator_the_level_and_what_to_do():
    first = Divergence("pool", "MaxPool", ("a",), ("b",), 0.024, 2e-7)
    seen = Explanation("onnxruntime", 0.02, 1e-4, first, "basic", ("Pad_Fusion",), "switch it off")

    assert _words(seen) == (
        "it begins at MaxPool pool: relative L2 0.024, 2e-07 before it, "
        "from onnxruntime's level basic on, by its Pad_Fusion; switch it off"
    )
