"""Exact arithmetic on graphs of a few nodes: what stays in float32, and what would be lost if it did not."""

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from graphs import a_model, a_network, constant, written
from onnx import TensorProto, helper  # noqa: TID253

from edgeprof.convert import half
from edgeprof.convert.half import halved, refuse_overflow
from edgeprof.convert.ort import plain_session
from edgeprof.convert.ranges import measured, ranges_from
from edgeprof.core.errors import ConvertError


def row(*values):
    return {"x": np.array([values], np.float32)}


def converted(model, feeds, tmp_path):
    ranges = ranges_from(measured(written(model, tmp_path / "m.onnx"), feeds, tmp_path))
    made = halved(model, ranges)
    refuse_overflow(made.model, model, ranges)
    onnx.checker.check_model(made.model, full_check=True)
    plain_session(written(made.model, tmp_path / "half.onnx"))
    return made


def types_of(model):
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    values = (*inferred.input, *inferred.output, *inferred.value_info)
    return {value.name: TensorProto.DataType.Name(value.type.tensor_type.elem_type) for value in values}


def names(made):
    return [each.node for each in made.kept]


def in_real_half(model, feed):
    """What a machine that computes in float16 would get, node by node; no CPU runtime does it."""
    from onnx.reference import ReferenceEvaluator

    with np.errstate(all="ignore"):
        return ReferenceEvaluator(model).run(None, feed)[0]


def test_a_graph_of_ordinary_numbers_is_all_float16_between_its_ends(tmp_path):
    made = converted(a_model([("Neg", ("x",), "y"), ("Abs", ("y",), "z")]), [row(1, 2, 3, 4)], tmp_path)
    types = types_of(made.model)

    assert made.kept == ()
    assert made.casts == 2
    assert (types["x"], types["y"], types["z"]) == ("FLOAT", "FLOAT16", "FLOAT")


LARGE = [("Mul", ("x", "big"), "y"), ("Mul", ("y", "small"), "z"), ("Neg", ("z",), "out")]


def test_an_activation_of_1e5_keeps_its_operators_in_float32(tmp_path):
    model = a_model(LARGE, [constant("big", 3e4), constant("small", 1e-1)])

    made = converted(model, [row(1, 2, 3, 10 / 3)], tmp_path)

    assert names(made) == ["n0", "n1"]
    assert "|y| reaches 1e+05" in made.kept[0].why
    assert types_of(made.model)["y"] == "FLOAT"
    assert types_of(made.model)["z"] == "FLOAT16"
    assert in_real_half(made.model, row(1, 2, 3, 10 / 3))[0, 3] == pytest.approx(-1e4, rel=1e-2)


def test_a_number_that_two_float32_operators_share_is_not_rounded_between_them(tmp_path):
    """onnxruntime's converter casts it to float16 and back, which gives infinity here."""
    model = a_model(LARGE[:2], [constant("big", 3e5), constant("small", 1e-4)])

    made = converted(model, [row(1, 2, 3, 4)], tmp_path)

    assert in_real_half(made.model, row(1, 2, 3, 4)).tolist()[0] == pytest.approx([30, 60, 90, 120], rel=1e-3)
    assert [node.op_type for node in made.model.graph.node] == ["Mul", "Mul"]


def test_without_the_kept_operators_the_graph_is_refused(tmp_path, monkeypatch):
    """The check that stands behind the choice: the same graph, converted as if every number were small."""
    model = a_model(LARGE, [constant("big", 3e4), constant("small", 1e-1)])
    monkeypatch.setattr(half, "_kept", lambda *_: [])

    with pytest.raises(ConvertError, match=r'"y" reaches 1\.2e\+05'):
        converted(model, [row(1, 2, 3, 4)], tmp_path)


def test_a_cpu_does_not_show_what_the_check_is_for(tmp_path, monkeypatch):
    """Conclusion 10 of the facts, on this machine's runtime: were it to change, the check could be a run instead."""
    model = a_model(LARGE[:2], [constant("big", 3e5), constant("small", 1e-4)])
    monkeypatch.setattr(half, "_kept", lambda *_: [])
    ranges = {"x": (1, 4), "y": (3e5, 1.2e6), "z": (30, 120)}
    made = halved(model, ranges)
    session = onnxruntime.InferenceSession(made.model.SerializeToString())

    assert np.isfinite(session.run(None, row(1, 2, 3, 4))[0]).all()
    assert np.isinf(in_real_half(made.model, row(1, 2, 3, 4))).any()


def test_a_tensor_nobody_measured_is_refused(tmp_path):
    model = a_model([("Neg", ("x",), "y"), ("Abs", ("y",), "z")])
    made = halved(model, {"x": (0, 1), "z": (0, 1)})

    with pytest.raises(ConvertError, match='"y" is not known'):
        refuse_overflow(made.model, model, {"x": (0, 1), "z": (0, 1)})


@pytest.mark.parametrize("end", ["input", "output"])
def test_the_ends_of_the_graph_may_be_beyond_float16_too(tmp_path, end):
    factor, feed = (1e-3, row(1e5, 0, 0, 0)) if end == "input" else (1e5, row(1, 0, 0, 0))
    model = a_model([("Mul", ("x", "c"), "y"), ("Neg", ("y",), "out")], [constant("c", factor)])

    made = converted(model, [feed], tmp_path)

    expected = -1e5 * factor if end == "input" else -1e5
    assert in_real_half(made.model, feed)[0, 0] == pytest.approx(expected, rel=1e-2)


def test_two_readers_of_one_number_share_its_cast(tmp_path):
    nodes = [
        ("Neg", ("x",), "h"),
        ("Mul", ("h", "big"), "a"),
        ("Mul", ("h", "big"), "b"),
        ("Sub", ("a", "b"), "out"),
    ]

    made = converted(a_model(nodes, [constant("big", 1e5)]), [row(1, 2, 3, 4)], tmp_path)

    assert names(made) == ["n1", "n2", "n3"]
    assert in_real_half(made.model, row(1, 2, 3, 4)).tolist() == [[0, 0, 0, 0]]


def test_a_number_that_is_small_all_over_keeps_its_digits(tmp_path):
    model = a_model([("Mul", ("x", "c"), "y"), ("Mul", ("y", "d"), "z")], [constant("c", 1e-8), constant("d", 1e8)])

    made = converted(model, [row(1, 2, 3, 4)], tmp_path)

    assert names(made) == ["n0", "n1"]
    assert in_real_half(made.model, row(1, 2, 3, 4)).tolist()[0] == pytest.approx([1, 2, 3, 4], rel=1e-3)


def test_a_small_bias_is_no_reason(tmp_path):
    constants = [constant("w", np.eye(4)), constant("b", [1e-6, 1e-7, 0, 1e-9])]

    made = converted(a_model([("Gemm", ("x", "w", "b"), "y")], constants), [row(1, 2, 3, 4)], tmp_path)

    assert made.kept == ()


def test_infinity_in_a_mask_is_no_overflow(tmp_path):
    model = a_model([("Add", ("x", "mask"), "y"), ("Softmax", ("y",), "z")], [constant("mask", [0, 0, -np.inf, 0])])

    made = converted(model, [row(1, 2, 3, 4)], tmp_path)

    assert made.kept == ()
    assert in_real_half(made.model, row(1, 2, 3, 4))[0, 2] == 0


NORM = [
    ("Mul", ("x", "x"), "squares"),
    ("ReduceMean", ("squares",), "mean"),
    ("Add", ("mean", "epsilon"), "guarded"),
    ("Sqrt", ("guarded",), "root"),
    ("Div", ("x", "root"), "y"),
    ("Neg", ("y",), "out"),
]


def test_a_normalisation_that_an_epsilon_guards_is_kept_whole(tmp_path):
    """An image darker than those that were measured divides by what float16 calls zero."""
    made = converted(a_model(NORM, [constant("epsilon", 1e-12)]), [row(1, 2, 3, 4)], tmp_path)
    dark = row(1e-4, 2e-4, 3e-4, 4e-4)

    assert names(made) == ["n0", "n1", "n2", "n3", "n4"]
    assert in_real_half(made.model, dark).tolist()[0] == pytest.approx([-0.365, -0.730, -1.095, -1.461], rel=1e-2)


def test_an_epsilon_that_float16_holds_is_no_reason(tmp_path):
    assert converted(a_model(NORM, [constant("epsilon", 1e-3)]), [row(1, 2, 3, 4)], tmp_path).kept == ()


def test_a_division_by_next_to_nothing_is_kept(tmp_path):
    nodes = [("ReduceMean", ("x",), "mean"), ("Div", ("x", "mean"), "y"), ("Neg", ("y",), "out")]

    made = converted(a_model(nodes), [row(1e-6, 1e-6, 1e-6, 1)], tmp_path)
    assert made.kept == ()

    made = converted(a_model(nodes), [row(1e-6, 2e-6, 3e-6, 4e-6), row(1, 1, 1, 1)], tmp_path)
    assert names(made) == ["n0", "n1"]


def test_an_operator_that_has_no_float16_kernel_is_kept(tmp_path):
    model = a_model([("Neg", ("x",), "y"), ("CumSum", ("y", "axis"), "z")], [constant("axis", 1, np.int64)])

    made = converted(model, [row(1, 2, 3, 4)], tmp_path)

    assert [(each.operator, each.why) for each in made.kept] == [("CumSum", "no fp16 kernel")]


def test_nodes_without_names_are_told_apart(tmp_path):
    nodes = [
        helper.make_node("Mul", ["x", "big"], ["y"]),
        helper.make_node("Mul", ["y", "small"], ["z"]),
        helper.make_node("Neg", ["z"], ["out"]),
    ]

    made = converted(a_model(nodes, [constant("big", 3e5), constant("small", 1e-4)]), [row(1, 2, 3, 4)], tmp_path)

    assert len(set(names(made))) == 2


def test_a_network_runs_and_stays_near(tmp_path):
    model = a_network()
    feed = {"image": np.random.default_rng(0).standard_normal((1, 3, 16, 16), np.float32)}
    made = converted(model, [feed], tmp_path)

    expected = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feed)[0]
    seen = onnxruntime.InferenceSession(made.model.SerializeToString()).run(None, feed)[0]

    assert made.kept == ()
    assert seen.dtype == np.float32
    assert 0 < np.linalg.norm(seen - expected) / np.linalg.norm(expected) < 5e-3
    assert {tensor.data_type for tensor in made.model.graph.initializer} == {TensorProto.FLOAT16, TensorProto.INT64}
