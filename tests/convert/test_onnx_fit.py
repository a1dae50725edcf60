import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from graphs import a_network, written
from onnx import TensorProto, helper  # noqa: TID253
from tiny import a_model, computed, node

from edgeprof.convert import onnx_file
from edgeprof.convert.framing import near_framing
from edgeprof.convert.onnx_axes import bind
from edgeprof.convert.onnx_fit import fed, fits_of, given_inputs, put_before
from edgeprof.convert.parity import relative_l2
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import Resolution, resolution_of

RANDOM = np.random.default_rng(0)


def made(path, folder, res, **changes):
    folder.mkdir()
    return onnx_file.convert(str(path), Recipe(str(path), resolution_of(res), **changes), folder, print).artefact


def answers(path, arrays):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, arrays)


def outside(image, fit):
    """By torch, to the 16x16 that the network takes."""
    from torch import from_numpy
    from torch.nn import functional

    height, width = image.shape[2:]
    if fit == "resize":
        return functional.interpolate(from_numpy(image), (16, 16), mode="bilinear", align_corners=False).numpy()
    if fit == "pad":
        return np.pad(image, ((0, 0), (0, 0), (0, 16 - height), (0, 16 - width)))
    top, left = (height - 16) // 2, (width - 16) // 2
    return image[:, :, top : top + 16, left : left + 16]


@pytest.mark.parametrize(
    ("fit", "res", "policy"),
    [
        ("pad", "13x11", "padded to the size that the file takes"),
        ("pad", "16x9", "padded to the size that the file takes"),
        ("crop", "21x18", "cropped to the size that the file takes"),
        ("resize", "37x20", "resized to the size that the file takes"),
        ("resize", "9x31", "resized to the size that the file takes"),
    ],
)
def test_a_file_of_a_fixed_size_takes_another_as_if_it_had_been_fitted_outside(network, tmp_path, fit, res, policy):
    asked = resolution_of(res)
    artefact = made(network, tmp_path / "made", res, fit=fit)
    image = RANDOM.standard_normal((1, 3, asked.height, asked.width)).astype(np.float32)

    (fitted,) = answers(tmp_path / "made" / artefact.path, {"image": image})

    assert artefact.inputs == (Tensor("image", image.shape, "float32"),)
    assert artefact.card["size_policy"] == policy
    assert artefact.card["network_size"] == "16x16"
    assert artefact.notes[0].startswith(f"the {res} frame ")
    assert relative_l2(answers(network, {"image": outside(image, fit)})[0], fitted) < 1e-5
    reference = artefact.references[0]
    fed_to_it = np.load(tmp_path / "made" / reference.inputs[0])
    assert fed_to_it.shape == image.shape
    given = answers(network, {"image": outside(fed_to_it, fit)})[0]
    assert relative_l2(given, np.load(tmp_path / "made" / reference.outputs[0])) < 1e-5


def test_at_its_own_size_nothing_is_put_before_it(network, tmp_path):
    artefact = made(network, tmp_path / "made", "16x16", fit="resize")

    assert "size_policy" not in artefact.card
    assert "Resize" not in {node.op_type for node in onnx.load(tmp_path / "made" / artefact.path).graph.node}


@pytest.mark.parametrize(("fit", "res"), [("pad", "8x17"), ("crop", "15x40")])
def test_what_a_fit_cannot_do_is_refused_with_the_one_that_can(network, tmp_path, fit, res):
    with pytest.raises(ConfigError, match=f"to which {res} cannot be") as raised:
        made(network, tmp_path / "made", res, fit=fit)

    assert raised.value.hint == "--fit resize brings it there inside the graph; --res 16x16 is the file's own size"


def an_image(shape, element=TensorProto.FLOAT):
    return a_model([node("Identity", "image", "out")], {"image": (element, shape)}, {"out": (element, list("abcd"))})


@pytest.mark.parametrize(
    ("shape", "element", "fit", "size"),
    [
        ([1, 8, 6, 3], TensorProto.FLOAT, "resize", (5, 11)),  # a camera's layout
        ([1, 8, 6, 3], TensorProto.UINT8, "pad", (5, 6)),
        ([1, 8, 6, 3], TensorProto.UINT8, "crop", (9, 9)),
        ([1, 3, 8, 6], TensorProto.FLOAT16, "resize", (16, 12)),
        (["batch", 3, 8, 6], TensorProto.FLOAT, "resize", (7, 9)),
        (["batch", 3, 8, 6], TensorProto.FLOAT, "pad", (7, 5)),
    ],
)
def test_layout_type_and_an_open_batch_are_kept(shape, element, fit, size):
    model = an_image(shape, element)
    is_open = shape[0] == "batch"
    recipe = Recipe("x.onnx", Resolution(*size), batch=2, fit=fit, is_dynamic=is_open)
    if not is_open:
        model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2
    taken, _ = bind(model, recipe)
    fits = fits_of(taken, recipe)
    (given,) = given_inputs(taken, fits)
    put_before(model, fits)
    frames = (RANDOM.random((5 if is_open else 2, *given.shape[1:])) * 200).astype(given.dtype)

    onnx.checker.check_model(model, full_check=True)
    (seen,) = computed(model, image=frames)
    wanted = fed({"image": frames}, fits)["image"]
    assert seen.dtype == frames.dtype
    assert seen.shape == wanted.shape == (len(frames), *taken[0].shape[1:])
    np.testing.assert_allclose(seen, wanted, rtol=2e-3 if element == TensorProto.FLOAT16 else 1e-5)


def test_pixels_are_not_resized_as_bytes():
    model = an_image([1, 8, 6, 3], TensorProto.UINT8)
    recipe = Recipe("x.onnx", Resolution(4, 4), fit="resize")

    with pytest.raises(ConfigError, match="uint8, which is not resized"):
        fits_of(bind(model, recipe)[0], recipe)


def test_an_open_batch_is_proved_behind_what_was_put_before_it(tmp_path):
    network = a_network()
    network.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    path = written(network, tmp_path / "open.onnx")

    artefact = made(path, tmp_path / "made", "20x30", fit="resize", is_dynamic=True, batch=2)

    assert artefact.card["batch"] == "dynamic, proved at 2 and 3"
    assert artefact.is_dynamic


def test_a_branch_that_reads_the_image_reads_the_fitted_one():
    inner = helper.make_graph(
        [node("Neg", "image", "other")], "then", [], [helper.make_tensor_value_info("other", 1, None)]
    )
    same = helper.make_graph(
        [node("Abs", "image", "same")], "else", [], [helper.make_tensor_value_info("same", 1, None)]
    )
    branch = helper.make_node("If", ["yes"], ["out"], then_branch=inner, else_branch=same)
    model = a_model([branch], {"image": [1, 3, 4, 4]}, {"out": None}, {"yes": np.array(True)})
    recipe = Recipe("x.onnx", Resolution(3, 2))
    put_before(model, fits_of(bind(model, recipe)[0], recipe))

    (seen,) = computed(model, image=np.ones((1, 3, 3, 2), np.float32))

    assert seen.shape == (1, 3, 4, 4)
    assert seen.sum() == -18


def test_an_old_opset_is_refused_before_anything_is_computed(tmp_path):
    model = an_image([1, 3, 8, 8])
    model.opset_import[0].version = 10
    said = []

    with pytest.raises(ConvertError, match="opset 10, --fit needs 13"):
        onnx_file.convert(
            str(written(model, tmp_path / "old.onnx")), Recipe("old.onnx", Resolution(4, 4)), tmp_path, said.append
        )
    assert said == ["reading the file"]


def test_what_was_fitted_once_is_fitted_again(network, tmp_path):
    once = made(network, tmp_path / "once", "20x30", fit="resize")
    first = tmp_path / "once" / once.path

    twice = made(first, tmp_path / "twice", "11x9", fit="resize")

    image = RANDOM.standard_normal((1, 3, 9, 11)).astype(np.float32)
    (seen,) = answers(tmp_path / "twice" / twice.path, {"image": image})
    (fitted,) = fits_of([Tensor("image", (1, 3, 30, 20), "float32")], Recipe("x", resolution_of("11x9"), fit="resize"))
    assert relative_l2(answers(first, fed({"image": image}, [fitted]))[0], seen) < 1e-5


@pytest.mark.parametrize(
    ("shapes", "fitted"),
    [
        ({"image": (1, 3, 8, 8), "mask": (1, 1, 8, 8), "mean": (1, 3, 1, 1)}, ["image"]),
        ({"image": (1, 8, 8, 3), "maps": (1, 64, 2, 2)}, ["image"]),
        ({"left": (1, 3, 8, 8), "right": (1, 3, 8, 8)}, ["left", "right"]),
        ({"grey": (1, 1, 8, 8)}, ["grey"]),
        ({"two_frames": (1, 6, 8, 8)}, ["two_frames"]),
        ({"mean": (1, 3, 1, 1)}, []),
    ],
    ids=" ".join,
)
def test_only_images_are_fitted(shapes, fitted):
    inputs = [Tensor(name, shape, "float32") for name, shape in shapes.items()]

    assert [each.given.name for each in fits_of(inputs, Recipe("x.onnx", Resolution(4, 4)))] == fitted


def test_a_shape_that_was_named_is_bound_and_not_fitted():
    recipe = Recipe("x.onnx", Resolution(4, 4), shapes=(("image", (1, 3, 8, 8)),))

    assert fits_of([Tensor("image", (1, 3, 8, 8), "float32")], recipe) == ()
    assert near_framing((4, 4), (8, 8), "pad").added == (4, 4)


def test_a_file_whose_weights_lie_in_a_second_one_is_fitted_too(tmp_path):
    path = written(a_network(channels=32), tmp_path / "network.onnx")
    (tmp_path / "made").mkdir()
    recipe = Recipe(str(path), resolution_of("37x20"), fit="resize")

    artefact = onnx_file.convert(str(path), recipe, tmp_path / "made", print, 2000).artefact

    image = RANDOM.standard_normal((1, 3, 20, 37)).astype(np.float32)
    (seen,) = answers(tmp_path / "made" / artefact.path, {"image": image})
    assert len(artefact.data) == 1
    assert artefact.digest == digest_of_file(tmp_path / "made" / artefact.path)
    assert relative_l2(answers(path, {"image": outside(image, "resize")})[0], seen) < 1e-5
