from dataclasses import replace
from pathlib import Path

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from onnx import helper, numpy_helper  # noqa: TID253

from edgeprof.convert import produce
from edgeprof.convert.frames import derive_frames
from edgeprof.convert.parity import compare
from edgeprof.convert.preprocess import Preprocessing
from edgeprof.convert.product import located
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError
from edgeprof.core.job import Tensor

HOW = Preprocessing(origin="the model's own")


@pytest.fixture
def made_from(onnx_file, cache):
    weight = numpy_helper.from_array(np.random.default_rng(0).standard_normal((4, 3, 3, 3), np.float32), "w")
    conv = helper.make_node("Conv", ["image", "w"], ["out"], pads=[1, 1, 1, 1])
    return produce(Recipe(str(onnx_file(nodes=[conv], initializers=[weight]))), cache, print)


@pytest.fixture
def derived(made_from, tmp_path):
    def derive(frame=(20, 30), fit="pad", **options):
        folder = tmp_path / "derived"
        folder.mkdir()
        return located(derive_frames(made_from, HOW, frame, fit, folder, lambda _: None, **options), folder)

    return derive


def as_deployed(artefact, folder):
    session = onnxruntime.InferenceSession(artefact.path, providers=["CPUExecutionProvider"])
    answers = []
    for number, each in enumerate(artefact.references):
        (output,) = session.run(None, {artefact.inputs[0].name: np.load(each.inputs[0])})
        answers.append([folder / f"{number}.npy"])
        np.save(answers[-1][0], output)
    return answers


def test_the_derived_artefact_takes_frames_and_its_runtime_agrees_with_it(derived, made_from, tmp_path):
    artefact = derived()

    assert artefact.inputs == (Tensor("frame", (1, 20, 30, 3), "uint8"),)
    assert artefact.outputs == made_from.outputs
    assert artefact.digest != made_from.digest
    assert artefact.card["frame"] == "uint8 30x20 RGB"
    assert artefact.card["preprocessing"] == "the model's own"
    assert artefact.card["opset"] == "20"
    assert artefact.card["nodes"] == str(len(onnx.load(artefact.path).graph.node))
    assert any("resized" in note for note in artefact.notes)
    assert not any("preprocessing" in note for note in artefact.notes)
    parity = compare(artefact, as_deployed(artefact, tmp_path), "onnxruntime", "fp32")
    assert parity.relative_l2 < 1e-5
    assert not parity.is_vacuous


def test_a_wrong_normalisation_would_not_pass(derived, tmp_path):
    artefact = derived()
    model = onnx.load(artefact.path)
    offset = next(each for each in model.graph.node if each.op_type == "Add").input[1]
    constant = next(tensor for tensor in model.graph.initializer if tensor.name == offset)
    constant.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constant) + np.float32(1), offset))
    Path(artefact.path).write_bytes(model.SerializeToString())

    assert not compare(artefact, as_deployed(artefact, tmp_path), "onnxruntime", "fp32").holds


def test_the_users_own_frame_is_the_first_reference(derived, tmp_path):
    np.save(tmp_path / "mine.npy", np.full((1, 20, 30, 3), 124, np.uint8))
    artefact = derived(files={"frame": str(tmp_path / "mine.npy")})

    first, second, *_ = artefact.references
    assert set(np.unique(np.load(first.inputs[0]))) == {124}
    assert len(np.unique(np.load(second.inputs[0]))) > 100


@pytest.mark.parametrize(
    ("dims", "shape", "is_dynamic"),
    [([], (), False), ([], (), True), (["boxes", 2], (7, 2), True)],
    ids=["a scalar", "a scalar beside an open batch", "other rows"],
)
def test_the_frames_rows_are_the_images_whatever_input_comes_first(onnx_file, cache, tmp_path, dims, shape, is_dynamic):
    inputs = [("threshold", onnx.TensorProto.FLOAT, dims), ("image", onnx.TensorProto.FLOAT, ["n", 3, 8, 8])]
    nodes = [
        helper.make_node("ReduceMax", ["threshold"], ["least"], keepdims=0),
        helper.make_node("Max", ["image", "least"], ["out"]),
    ]
    path = onnx_file(nodes=nodes, inputs=inputs)
    recipe = Recipe(str(path), batch=2, is_dynamic=is_dynamic, shapes=(("threshold", shape),) if shape else ())
    made_from = produce(recipe, cache, print)
    (tmp_path / "derived").mkdir()

    artefact = derive_frames(made_from, HOW, None, "pad", tmp_path / "derived", print)

    assert artefact.inputs == (
        Tensor("threshold", shape, "float32"),
        Tensor("frame", (2, 8, 8, 3), "uint8"),
    )


def test_a_torch_archive_takes_no_frame(made_from, tmp_path):
    with pytest.raises(ConfigError, match="pt2"):
        derive_frames(replace(made_from, form="pt2"), HOW, (20, 30), "pad", tmp_path, lambda _: None)


@pytest.mark.parametrize(
    ("frame", "fit", "how"),
    [
        (None, "pad", HOW),
        ((20, 30), "pad", HOW),
        ((20, 30), "crop", HOW),
        ((9, 5), "resize", replace(HOW, interpolation="bicubic")),
    ],
    ids=str,
)
def test_frames_of_an_open_batch_keep_it_open_and_are_proved_at_another(onnx_file, cache, tmp_path, frame, fit, how):
    weight = numpy_helper.from_array(np.random.default_rng(0).standard_normal((4, 3, 3, 3), np.float32), "w")
    conv = helper.make_node("Conv", ["image", "w"], ["out"], pads=[1, 1, 1, 1])
    image = ("image", onnx.TensorProto.FLOAT, ["n", 3, 8, 8])  # a batch by name
    path = onnx_file(nodes=[conv], inputs=(image,), initializers=[weight])
    made_from = produce(Recipe(str(path), batch=2, is_dynamic=True), cache, print)
    (tmp_path / "derived").mkdir()
    artefact = derive_frames(made_from, how, frame, fit, tmp_path / "derived", print)

    size = frame or (8, 8)
    session = onnxruntime.InferenceSession(str(tmp_path / "derived" / artefact.path))
    frames = np.random.default_rng(1).integers(0, 256, (5, *size, 3), np.uint8)
    (together,) = session.run(None, {"frame": frames})
    apart = [session.run(None, {"frame": each[None]})[0] for each in frames]

    assert artefact.inputs == (Tensor("frame", (2, *size, 3), "uint8"),)
    assert artefact.is_dynamic
    assert artefact.card["batch"] == "dynamic, proved at 2 and 3"
    np.testing.assert_allclose(together, np.concatenate(apart), atol=1e-5)
