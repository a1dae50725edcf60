import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from onnx import TensorProto, helper, numpy_helper  # noqa: TID253

from edgeprof.convert import produce
from edgeprof.convert.parity import VARYING, compare
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import Resolution

FLOAT = TensorProto.FLOAT


def observed(artefact, folder):
    """What onnxruntime computes as it is deployed, with all its optimisations."""
    session = onnxruntime.InferenceSession(artefact.path, providers=["CPUExecutionProvider"])
    answers = []
    for number, reference in enumerate(artefact.references):
        fed = {t.name: np.load(path) for t, path in zip(artefact.inputs, reference.inputs, strict=True)}
        paths = []
        for place, output in enumerate(session.run(None, fed)):
            paths.append(folder / f"{number}-{place}.npy")
            np.save(paths[-1], output)
        answers.append(paths)
    return answers


def test_a_file_becomes_an_artefact_that_its_runtime_agrees_with(onnx_file, cache, said, tmp_path):
    artefact = produce(Recipe(str(onnx_file())), cache, said.append)

    assert artefact.inputs == (Tensor("image", (1, 3, 8, 8), "float32"),)
    assert artefact.outputs == (Tensor("out", (1, 3, 8, 8), "float32"),)
    assert artefact.card["opset"] == "20"
    assert artefact.sensitivity > 0.1
    assert "computing the reference" in said
    seen = compare(artefact, observed(artefact, tmp_path), "onnxruntime", "fp32")
    assert seen.holds
    assert not seen.is_vacuous


def test_the_second_time_it_comes_from_the_cache_in_silence(onnx_file, cache, said):
    path = str(onnx_file())
    first = produce(Recipe(path), cache, said.append)
    said.clear()

    assert produce(Recipe(path), cache, said.append) == first
    assert said == []


def test_a_changed_file_is_another_artefact(onnx_file, cache, said):
    first = produce(Recipe(str(onnx_file())), cache, said.append)
    onnx_file(nodes=[helper.make_node("Neg", ["image"], ["out"])])
    said.clear()

    assert produce(Recipe(first.model), cache, said.append).digest != first.digest
    assert said


@pytest.mark.parametrize("content", [b"", b"not onnx at all", "cut", "half"])
def test_a_file_that_is_not_whole_is_a_conversion_error(onnx_file, cache, content):
    weights = numpy_helper.from_array(np.ones((1, 3, 8, 8), np.float32), "w")
    path = onnx_file(nodes=[helper.make_node("Add", ["image", "w"], ["out"])], initializers=[weights])
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[:-1], "half": whole[: len(whole) // 2]}.get(content, content))

    with pytest.raises(ConvertError):
        produce(Recipe(str(path)), cache, print)


def with_external_data(onnx_file):
    weights = numpy_helper.from_array(np.ones((1, 3, 64, 64), np.float32), "w")
    return onnx_file(
        nodes=[helper.make_node("Add", ["image", "w"], ["out"])],
        inputs=(("image", FLOAT, [1, 3, 64, 64]),),
        initializers=[weights],
        save_as_external_data=True,
        location="weights.bin",
    )


def test_external_data_is_merged_into_one_file_and_watched(onnx_file, cache, said, tmp_path):
    path = with_external_data(onnx_file)
    first = produce(Recipe(str(path)), cache, said.append)
    assert first.size_bytes > 4 * 3 * 64 * 64

    data = tmp_path / "weights.bin"
    data.write_bytes(np.full((1, 3, 64, 64), 2, np.float32).tobytes())
    assert produce(Recipe(str(path)), cache, said.append).digest != first.digest

    data.write_bytes(b"short")
    with pytest.raises(ConvertError, match=r"weights\.bin"):
        produce(Recipe(str(path)), cache, said.append)
    data.unlink()
    with pytest.raises(ConvertError, match=r"weights\.bin"):
        produce(Recipe(str(path)), cache, said.append)


def test_no_inputs_is_a_conversion_error(onnx_file, cache):
    """An initializer that is listed as an input, as older exporters did, is not one."""
    weights = numpy_helper.from_array(np.ones((2, 2), np.float32), "w")
    path = onnx_file(
        nodes=[helper.make_node("Relu", ["w"], ["out"])], inputs=(("w", FLOAT, [2, 2]),), initializers=[weights]
    )

    with pytest.raises(ConvertError, match="no inputs"):
        produce(Recipe(str(path)), cache, print)


def test_a_graph_that_nothing_loads_is_a_conversion_error(onnx_file, cache):
    path = onnx_file(nodes=[helper.make_node("Add", ["image", "dangling"], ["out"])])

    with pytest.raises(ConvertError, match="dangling"):
        produce(Recipe(str(path)), cache, print)


def test_an_operator_that_nobody_knows_is_named(onnx_file, cache):
    path = onnx_file(nodes=[helper.make_node("Frobnicate", ["image"], ["out"])])

    with pytest.raises(ConvertError, match="Frobnicate") as raised:
        produce(Recipe(str(path)), cache, print)

    assert "\n" not in raised.value.message
    assert cache.entries() == []


def test_an_opset_of_the_future_is_named(onnx_file, cache):
    path = onnx_file()
    model = onnx.load(path)
    model.opset_import[0].version = 900
    onnx.save(model, path)

    with pytest.raises(ConvertError, match=r"an opset that onnxruntime .* does not read: \d+ is its newest"):
        produce(Recipe(str(path)), cache, print)


@pytest.mark.parametrize(
    ("declared", "recipe", "expected"),
    [
        (["b", 3, "h", "w"], {"resolution": Resolution(10, 12), "batch": 2}, (2, 3, 10, 12)),
        (["b", 3, "h", "w"], {"resolution": Resolution(10, 12, 4)}, (4, 3, 10, 12)),
        (["b", "h", "w", 3], {"resolution": Resolution(10, 12)}, (1, 10, 12, 3)),
        (["b", 3, 8, 8], {}, (1, 3, 8, 8)),
        ([None, 3, None, None], {"resolution": Resolution(10, 12)}, (1, 3, 10, 12)),
        (["b", "c", "h", "w"], {"shapes": (("image", (1, 5, 6, 7)),)}, (1, 5, 6, 7)),
        (["b", 16], {"batch": 3}, (3, 16)),
        ([4, 3, 8, 8], {}, (4, 3, 8, 8)),
    ],
)
def test_open_axes_are_bound(onnx_file, cache, declared, recipe, expected):
    path = onnx_file(inputs=(("image", FLOAT, declared),), outputs=(("out", FLOAT, declared),))

    artefact = produce(Recipe(str(path), **recipe), cache, print)

    assert artefact.inputs[0].shape == expected
    assert artefact.outputs[0].shape == expected


@pytest.mark.parametrize(
    ("declared", "recipe", "words"),
    [
        (["b", 3, "h", "w"], {}, '"h"'),
        (["b", "c", "h", "w"], {"resolution": Resolution(8, 8)}, '"c"'),
        (["b", "tokens"], {}, '"tokens"'),
        ([1, 3, 8, 8], {"resolution": Resolution(4, 16)}, "takes 8x8"),
        ([1, 3, 8, 8], {"batch": 2}, "fixed at 1"),
        ([1, 3, 8, 8], {"shapes": (("image", (1, 3, 8, 9)),)}, "not 9"),
        (["b", 3, 8, 8], {"shapes": (("image", (1, 3, 8)),)}, "4 axes"),
        ([1, 3, 8, 8], {"shapes": (("picture", (1, 3, 8, 8)),)}, '"picture"'),
        (["n", "n"], {"shapes": (("image", (2, 3)),)}, '"n"'),
        ([1, 3, 8, 8], {"weights": "pretrained"}, "weights"),
        ([1, 3, 8, 8], {"form": "pt2"}, "torch"),
    ],
)
def test_what_cannot_be_bound_is_a_usage_error(onnx_file, cache, declared, recipe, words):
    path = onnx_file(inputs=(("image", FLOAT, declared),))

    with pytest.raises(ConfigError, match=words):
        produce(Recipe(str(path), **recipe), cache, print)


def test_an_open_axis_names_the_shape_to_give(onnx_file, cache):
    path = onnx_file(inputs=(("image", FLOAT, ["b", 3, "h", "w"]),))

    with pytest.raises(ConfigError) as raised:
        produce(Recipe(str(path)), cache, print)

    assert raised.value.hint == "--shape image:1x3x224x224"


def test_several_inputs_of_several_types_are_fed_in_their_range(onnx_file, cache, tmp_path):
    kinds = {
        "pixels": TensorProto.UINT8,
        "ids": TensorProto.INT64,
        "mask": TensorProto.BOOL,
        "half": TensorProto.FLOAT16,
    }
    nodes = [helper.make_node("Cast", [name], [f"{name}_f"], to=FLOAT) for name in kinds]
    nodes.append(helper.make_node("Sum", [f"{name}_f" for name in kinds], ["out"]))
    path = onnx_file(nodes=nodes, inputs=tuple((name, kind, [1, 3, 8, 8]) for name, kind in kinds.items()))

    artefact = produce(Recipe(str(path)), cache, print)

    fed = [np.load(file) for file in artefact.references[0].inputs]
    assert [array.dtype.name for array in fed] == ["uint8", "int64", "bool", "float16"]
    assert fed[0].max() > 100
    assert set(np.unique(fed[1])) == {0, 1}
    assert compare(artefact, observed(artefact, tmp_path), "onnxruntime", "fp32").holds


def test_the_users_own_input_is_the_first_reference(onnx_file, cache, tmp_path):
    np.save(tmp_path / "mine.npy", np.full((1, 3, 8, 8), 7, np.float32))
    recipe = Recipe(str(onnx_file()), inputs=(("image", str(tmp_path / "mine.npy")),))

    artefact = produce(recipe, cache, print)

    assert np.load(artefact.references[0].outputs[0]).min() == 7
    assert np.load(artefact.references[1].inputs[0]).std() == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize(
    "array", [np.zeros((1, 3, 8, 9), np.float32), np.zeros((1, 3, 8, 8), np.float64), np.array([{}], object), None]
)
def test_an_input_file_that_does_not_fit_is_a_usage_error(onnx_file, cache, tmp_path, array):
    if array is not None:
        np.save(tmp_path / "mine.npy", array, allow_pickle=True)

    with pytest.raises(ConfigError, match="mine"):
        produce(Recipe(str(onnx_file()), inputs=(("image", str(tmp_path / "mine.npy")),)), cache, print)


def test_a_file_for_no_input_is_a_usage_error(onnx_file, cache, tmp_path):
    np.save(tmp_path / "mine.npy", np.zeros(1))

    with pytest.raises(ConfigError, match="picture"):
        produce(Recipe(str(onnx_file()), inputs=(("picture", str(tmp_path / "mine.npy")),)), cache, print)


def test_an_output_whose_shape_the_values_decide_is_marked_and_said(onnx_file, cache, tmp_path):
    nodes = [helper.make_node("NonZero", ["image"], ["found"]), helper.make_node("Relu", ["image"], ["out"])]
    path = onnx_file(nodes=nodes, outputs=(("found", TensorProto.INT64, None), ("out", FLOAT, None)))

    artefact = produce(Recipe(str(path)), cache, print)

    assert artefact.outputs[0].shape == (4, VARYING)
    assert artefact.outputs[1].shape == (1, 3, 8, 8)
    assert any("found" in note for note in artefact.notes)
    assert compare(artefact, observed(artefact, tmp_path), "onnxruntime", "fp32").holds


def test_a_model_that_gives_nan_itself_is_a_conversion_error(onnx_file, cache):
    path = onnx_file(nodes=[helper.make_node("Sqrt", ["image"], ["out"])])

    with pytest.raises(ConvertError, match="NaN"):
        produce(Recipe(str(path)), cache, print)


def test_an_output_that_ignores_the_input_has_no_sensitivity(onnx_file, cache):
    zero = numpy_helper.from_array(np.zeros((1,), np.float32), "zero")
    path = onnx_file(nodes=[helper.make_node("Mul", ["image", "zero"], ["out"])], initializers=[zero])

    assert produce(Recipe(str(path)), cache, print).sensitivity == 0.0


def test_an_optimiser_that_changes_the_result_is_caught(onnx_file, cache, tmp_path):
    """Zeros padded before a maximum are not minus infinity; onnxruntime 1.31 folds the one into the other."""
    pads = numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "pads")
    path = onnx_file(
        nodes=[
            helper.make_node("Abs", ["image"], ["positive"]),
            helper.make_node("Neg", ["positive"], ["negative"]),
            helper.make_node("Pad", ["negative", "pads"], ["padded"]),
            helper.make_node("MaxPool", ["padded"], ["out"], kernel_shape=[3, 3]),
        ],
        initializers=[pads],
    )

    artefact = produce(Recipe(str(path)), cache, print)

    assert np.load(artefact.references[0].outputs[0])[0, 0, 0, 0] == 0
    seen = compare(artefact, observed(artefact, tmp_path), "onnxruntime", "fp32")
    assert seen.holds is np.array_equal(np.load(artefact.references[0].outputs[0]), np.load(tmp_path / "0-0.npy"))
