import math
from dataclasses import replace
from pathlib import Path

import numpy as np  # noqa: TID253
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.convert.parity import compare, fp32_tolerance, int8_tolerance, sensitivity_of, tolerance_of
from edgeprof.core.artefact import Artefact, Reference
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor


def saved(folder, name, values):
    path = folder / f"{name}.npy"
    np.save(path, np.asarray(values))
    return path


def an_artefact(folder, *outputs, shapes=None, **changes):
    """One reference with these outputs."""
    paths = tuple(str(saved(folder, f"expected-{i}", values)) for i, values in enumerate(outputs))
    shapes = shapes or [np.shape(values) for values in outputs]
    return Artefact(
        **{
            "model": "m",
            "source": "timm",
            "form": "onnx",
            "path": "model.onnx",
            "digest": "0",
            "size_bytes": 1,
            "precision": "fp32",
            "inputs": (),
            "outputs": tuple(Tensor(f"o{i}", tuple(shape), "float32") for i, shape in enumerate(shapes)),
            "references": (Reference((), paths),),
            "tolerance": 1e-4,
            "sensitivity": 0.5,
            **changes,
        }
    )


def parity(folder, expected, seen, precision="fp32", **changes):
    artefact = an_artefact(folder, *expected, **changes)
    return compare(artefact, [[saved(folder, f"seen-{i}", s) for i, s in enumerate(seen)]], "onnxruntime", precision)


def test_the_same_numbers_hold(tmp_path):
    same = parity(tmp_path, [[[1.0, 2.0]]], [[[1.0, 2.0]]])

    assert same.holds
    assert (same.relative_l2, same.cosine, same.max_abs, same.top1_agreement) == (0.0, 1.0, 0.0, 1.0)
    assert same.sensitivity == 0.5


def test_the_distances_are_those_of_the_formulas(tmp_path):
    seen = parity(tmp_path, [[[3.0, 4.0]]], [[[3.0, 4.5]]])

    assert seen.relative_l2 == pytest.approx(0.1)
    assert seen.max_abs == pytest.approx(0.5)
    assert seen.cosine == pytest.approx((9 + 18) / (5 * math.hypot(3, 4.5)))
    assert not seen.holds


def test_the_worst_output_counts(tmp_path):
    seen = parity(tmp_path, [[1.0], [1.0]], [[1.0], [2.0]])

    assert seen.relative_l2 == 1.0
    assert not seen.holds


def test_each_output_has_its_own_distances_at_worst_over_the_inputs(tmp_path):
    artefact = an_artefact(tmp_path, [3.0, 4.0], [1.0])
    artefact = replace(artefact, references=artefact.references * 2)
    answers = [[[3.0, 4.0], [1.0]], [[3.0, 4.5], [1.25]]]
    observed = [
        [saved(tmp_path, f"seen-{number}-{place}", values) for place, values in enumerate(answer)]
        for number, answer in enumerate(answers)
    ]

    seen = compare(artefact, observed, "onnxruntime", "fp32")

    assert [(each.output, each.relative_l2, each.max_abs) for each in seen.outputs] == [
        ("o0", pytest.approx(0.1), 0.5),
        ("o1", 0.25, 0.25),
    ]
    assert seen.outputs[1].cosine == 1.0
    assert (seen.relative_l2, seen.max_abs) == (0.25, 0.5)
    assert seen.inputs == 2


def test_top1_is_only_of_classes(tmp_path):
    assert parity(tmp_path, [np.ones((1, 2, 2))], [np.ones((1, 2, 2))]).top1_agreement is None
    half = parity(tmp_path, [[[0.0, 1.0], [1.0, 0.0]]], [[[0.0, 1.0], [0.0, 1.0]]])
    assert half.top1_agreement == 0.5


def test_a_source_of_zeros_is_matched_only_by_zeros(tmp_path):
    assert parity(tmp_path, [[0.0]], [[0.0]]).holds
    assert parity(tmp_path, [[0.0]], [[1e-9]]).relative_l2 == math.inf


@given(
    values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=8),
    bad=st.sampled_from([math.nan, math.inf, -math.inf]),
    place=st.integers(0, 7),
    precision=st.sampled_from(["fp32", "bf16"]),
    tolerance=st.floats(0, 1e6),
)
def test_it_never_holds_with_a_nan(tmp_path_factory, values, bad, place, precision, tolerance):
    folder = tmp_path_factory.mktemp("nan")
    seen = list(values)
    seen[place % len(values)] = bad

    answer = parity(folder, [values], [seen], precision, tolerance=tolerance)

    assert not answer.finite
    assert not answer.holds
    assert not math.isnan(answer.relative_l2)


def test_another_shape_is_an_error(tmp_path):
    with pytest.raises(ConvertError, match="2x1"):
        parity(tmp_path, [[[1.0, 2.0]]], [[[1.0], [2.0]]])


def test_another_number_of_outputs_or_inputs_is_an_error(tmp_path):
    artefact = an_artefact(tmp_path, [1.0])

    for observed in ([[]], [], [[Path("a.npy"), Path("b.npy")]]):
        with pytest.raises(ConvertError, match="expected 1"):
            compare(artefact, observed, "onnxruntime", "fp32")


def test_an_output_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "torn.npy").write_bytes(b"\x93NUMPY")

    for path in (tmp_path / "torn.npy", tmp_path / "gone.npy"):
        with pytest.raises(ConvertError, match="cannot be read"):
            compare(an_artefact(tmp_path, [1.0]), [[path]], "onnxruntime", "fp32")


def test_nothing_to_compare_with_is_an_error(tmp_path):
    with pytest.raises(ConvertError, match="no reference"):
        compare(an_artefact(tmp_path, [1.0], references=()), [], "fake", "fp32")
    with pytest.raises(ConvertError, match="empty"):
        parity(tmp_path, [np.zeros((0, 4))], [np.zeros((0, 4))])


def test_an_output_whose_shape_varies_is_left_out_while_another_is_fixed(tmp_path):
    seen = parity(tmp_path, [[1.0, 2.0], [[1.0]]], [[9.0], [[1.0]]], shapes=[(-1,), (1, 1)])

    assert seen.holds
    with pytest.raises(ConvertError):
        parity(tmp_path, [[1.0, 2.0]], [[9.0]], shapes=[(-1,)])


@pytest.mark.parametrize(
    ("tolerance", "rounding", "expected"),
    [(1e-4, 1e-7, 5e-2), (1e-4, 3e-6, 3e-6 * 65536), (1e-3, 1e-4, 0.5), (1e-3, None, 0.5)],
)
def test_bf16_may_err_by_its_own_rounding(tmp_path, tolerance, rounding, expected):
    card = {} if rounding is None else {"rounding": repr(rounding)}
    artefact = an_artefact(tmp_path, [1.0], tolerance=tolerance, card=card)

    assert tolerance_of(artefact, "bf16") == pytest.approx(expected)
    assert tolerance_of(artefact, "fp32") == tolerance


def test_sensitivity_is_that_of_the_least_sensitive_output_that_changes_at_all():
    a, b = np.array([1.0, 0.0]), np.array([1.0, 0.1])

    assert sensitivity_of([a, a], [a, b]) == pytest.approx(0.1)
    assert sensitivity_of([a], [a]) == 0.0


@pytest.mark.parametrize(("rounding", "expected"), [(1e-7, 1e-4), (1e-3, 1e-2), (0.42, 5e-2)])
def test_fp32_may_err_by_ten_times_its_own_rounding_and_never_by_everything(rounding, expected):
    assert fp32_tolerance(rounding) == pytest.approx(expected)


@pytest.mark.parametrize(("rounding", "expected"), [(1e-7, 1e-2), (1e-5, 1e-5 * 8192), (1e-4, 0.2)])
def test_fp16_may_err_by_its_own_rounding(tmp_path, rounding, expected):
    artefact = an_artefact(tmp_path, [1.0], card={"rounding": repr(rounding)})

    assert tolerance_of(artefact, "fp16") == pytest.approx(expected)


def test_a_narrower_graph_has_its_own_tolerance_and_a_runtime_may_only_add_to_it(tmp_path):
    card = {"rounding": "1e-7"}
    int8 = an_artefact(tmp_path, [1.0], precision="int8", tolerance=0.3, card=card)
    fp16 = an_artefact(tmp_path, [1.0], precision="fp16", tolerance=0.02, card=card)

    assert [tolerance_of(int8, precision) for precision in ("int8", "fp32", "bf16")] == [0.3, 0.3, 0.3]
    assert [tolerance_of(fp16, precision) for precision in ("fp16", "fp32", "bf16")] == [0.02, 0.02, 0.05]


@pytest.mark.parametrize(
    ("sensitivity", "calibrated", "expected"),
    [(0.4, True, 0.2), (3.0, True, 0.5), (None, True, 0.5), (0.01, True, 0.1), (0.2, False, 2.0), (None, False, 2.0)],
)
def test_int8_must_stay_nearer_than_another_image_and_without_images_than_the_opposite(
    sensitivity, calibrated, expected
):
    assert int8_tolerance(sensitivity, calibrated=calibrated) == expected


def an_int8_answer(folder, wrong, rows=4, **card):
    expected = np.eye(rows) * 10 + 0.001
    seen = expected.copy()
    seen[:wrong] = np.roll(seen[:wrong], 1, axis=1)
    reference = {"reference": "the fp32 graph on 8 images of the calibration's folder", "weights": "pretrained"}
    artefact = an_artefact(folder, expected, precision="int8", tolerance=2.0, card={**reference, **card})
    return compare(artefact, [[saved(folder, "seen", seen)]], "onnxruntime", "int8")


def test_trained_weights_must_name_the_same_classes_on_real_images(tmp_path):
    assert an_int8_answer(tmp_path, wrong=2).top1_agreement == 0.5
    with pytest.raises(ConvertError, match="names another class than the model for 75% of 4 images"):
        an_int8_answer(tmp_path, wrong=3)


def test_random_weights_few_rows_and_random_frames_name_no_classes(tmp_path):
    assert an_int8_answer(tmp_path, wrong=3, weights="random").top1_agreement == 0.25
    assert an_int8_answer(tmp_path, wrong=3, reference="torch fp32").top1_agreement == 0.25
    assert an_int8_answer(tmp_path, wrong=3, rows=3).top1_agreement == 0.0
