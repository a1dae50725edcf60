"""From a recipe to an artefact in another precision, through the worker and the cache."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from graphs import a_model, constant, written
from onnx import TensorProto, helper  # noqa: TID253
from PIL import Image

from edgeprof.convert import half, produce
from edgeprof.convert.derive import LATENCY_ONLY, RANDOM_WEIGHTS, derive
from edgeprof.convert.parity import compare
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import Resolution


@pytest.fixture
def folder(tmp_path):
    """Twenty pictures: blobs of colour at many sizes, one of them torn."""
    place = tmp_path / "pictures"
    place.mkdir()
    random = np.random.default_rng(0)
    for number in range(20):
        coarse = random.integers(0, 256, (4, 4, 3)).astype(np.uint8)
        Image.fromarray(coarse).resize((20 + number, 18), Image.BILINEAR).save(place / f"{number:02}.png")
    torn = place / "07.png"
    torn.write_bytes(torn.read_bytes()[:60])
    return place


def observed(artefact, folder):
    session = onnxruntime.InferenceSession(artefact.path, providers=["CPUExecutionProvider"])
    answers = []
    for number, reference in enumerate(artefact.references):
        fed = {t.name: np.load(path) for t, path in zip(artefact.inputs, reference.inputs, strict=True)}
        paths = []
        for place, output in enumerate(session.run(None, fed)):
            paths.append(folder / f"seen-{number}-{place}.npy")
            np.save(paths[-1], output)
        answers.append(paths)
    return compare(artefact, answers, "onnxruntime", artefact.precision)


def int8(network, **changes):
    return Recipe(network, precision="int8", **{"quantisation": "u8s8", **changes})


def test_an_fp16_artefact_comes_from_the_fp32_one_and_holds(network, cache, said, tmp_path):
    fp32 = produce(Recipe(network), cache, print)

    artefact = produce(Recipe(network, precision="fp16"), cache, said.append)

    assert said == ["measuring the ranges of the activations", "converting to fp16", "checking the file"]
    assert artefact.precision == artefact.card["graph"] == "fp16"
    assert artefact.digest != fp32.digest
    assert artefact.size_bytes < fp32.size_bytes
    assert (artefact.inputs, artefact.outputs) == (fp32.inputs, fp32.outputs)
    assert artefact.card["made_from"] == fp32.digest
    assert artefact.card["kept_fp32"] == "0 of 10 operators"
    assert artefact.card["casts"] == "2"
    assert 1e-2 <= artefact.tolerance <= 0.2
    for ours, theirs in zip(artefact.references, fp32.references, strict=True):
        assert np.array_equal(np.load(ours.outputs[0]), np.load(theirs.outputs[0]))
        assert Path(ours.inputs[0]).parent == Path(artefact.path).parent
    seen = observed(artefact, tmp_path)
    assert seen.holds
    assert seen.relative_l2 > 0


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_camera_frames_come_first_and_then_the_precision(network, folder, cache, tmp_path, precision):
    narrow = {"quantisation": "u8s8", "calibration": str(folder)} if precision == "int8" else {}
    recipe = Recipe(network, precision=precision, frame=Resolution(20, 30), bgr=True, **narrow)

    artefact = produce(recipe, cache, print)

    assert artefact.inputs == (Tensor("frame", (1, 20, 30, 3), "uint8"),)
    assert artefact.precision == precision
    assert artefact.card["frame"] == "uint8 30x20 BGR"
    assert "the frame's preprocessing is assumed: 1/255 and ImageNet's statistics" in artefact.notes
    assert "it is padded by 5 rows, below and on the right, to 16x16" in artefact.notes
    assert np.load(artefact.references[0].inputs[0]).dtype == np.uint8
    assert len(cache.entries()) == (2 if precision == "fp32" else 3)
    seen = observed(artefact, tmp_path)
    assert seen.holds
    assert seen.relative_l2 < {"fp32": 1e-5, "fp16": 1e-2, "int8": 0.15}[precision]


def test_an_overflow_that_nothing_was_kept_for_is_refused(cache, tmp_path, monkeypatch):
    model = a_model([("Mul", ("x", "c"), "y"), ("Neg", ("y",), "z")], [constant("c", 1e5)])
    recipe = Recipe(str(written(model, tmp_path / "m.onnx")))
    fp32 = produce(recipe, cache, print)
    monkeypatch.setattr(half, "_kept", lambda *_: [])

    with pytest.raises(ConvertError, match="fp16 ends at 65504"):
        derive(fp32, replace(recipe, precision="fp16"), tmp_path, print)


def test_kept_operators_are_on_the_card_and_in_the_log(cache, tmp_path):
    model = a_model([("Mul", ("x", "c"), "y"), ("Neg", ("y",), "z")], [constant("c", 1e5)])

    artefact = produce(Recipe(str(written(model, tmp_path / "m.onnx")), precision="fp16"), cache, print)

    assert artefact.card["kept_fp32"].startswith("2 of 2 operators (Mul n0: |y| reaches")
    log = json.loads((Path(artefact.path).parent / "calibration.json").read_text())
    assert [each["operator"] for each in log["kept_fp32"]] == ["Mul", "Neg"]
    assert log["ranges"]["y"][1] > 1e4


def test_int8_without_images_is_for_latency_only(network, cache, said, tmp_path):
    artefact = produce(int8(network), cache, said.append)

    assert LATENCY_ONLY in artefact.notes
    assert "calibrating on random frames" in said
    assert artefact.card["quantised"] == "3 Conv, 1 Gemm"
    assert artefact.tolerance == 2.0
    seen = observed(artefact, tmp_path)
    assert seen.holds
    assert seen.relative_l2 < 0.1


def test_int8_from_images_is_compared_on_images_it_was_not_calibrated_on(network, folder, cache, said, tmp_path):
    artefact = produce(int8(network, calibration=str(folder)), cache, said.append)
    log = json.loads((Path(artefact.path).parent / "calibration.json").read_text())

    assert not {LATENCY_ONLY, RANDOM_WEIGHTS} & set(artefact.notes)
    assert any("1 of the calibration's images cannot be read, the first is 07.png" in note for note in artefact.notes)
    assert len(artefact.references) == 8
    assert set(log["images"]).isdisjoint(log["held_out"])
    assert len(log["images"]) == 11
    assert artefact.card["calibration_images"] == "11"
    assert "8 images" in artefact.card["reference"]
    assert "calibrating on 11 of 12 images" in said
    assert artefact.tolerance <= 0.5
    assert artefact.sensitivity > 0
    seen = observed(artefact, tmp_path)
    assert seen.holds
    assert seen.relative_l2 < 0.1


def test_the_second_time_it_comes_from_the_cache_in_silence(network, folder, cache, said):
    recipe = int8(network, calibration=str(folder))
    first = produce(recipe, cache, print)

    assert produce(recipe, cache, said.append) == first
    assert said == []


def test_the_key_is_made_of_everything_that_changes_the_graph(network, folder, cache):
    first = produce(int8(network, calibration=str(folder)), cache, print)
    assert produce(int8(network, calibration=str(folder), quantisation="s8s8"), cache, print).digest != first.digest
    assert produce(int8(network), cache, print).path != first.path

    (folder / "07.png").unlink()
    changed = produce(int8(network, calibration=str(folder)), cache, print)

    assert changed.path != first.path
    assert len(cache.entries()) == 7  # with the fp32 graph's own answers over these images, those, and none


def test_the_fp32_artefact_is_made_once_for_all_of_them(network, cache, said):
    produce(Recipe(network, precision="fp16"), cache, said.append)
    produce(int8(network), cache, said.append)

    assert said.count("computing the reference") == 1
    assert len(cache.entries()) == 3


def test_it_outlives_the_fp32_artefact(network, cache, tmp_path):
    fp32 = produce(Recipe(network), cache, print)
    artefact = produce(Recipe(network, precision="fp16"), cache, print)
    shutil.rmtree(Path(fp32.path).parent)

    assert produce(Recipe(network, precision="fp16"), cache, print) == artefact
    assert observed(artefact, tmp_path).holds


def test_nothing_but_files_of_the_artefact_is_kept(network, folder, cache):
    for recipe in (Recipe(network, precision="fp16"), int8(network, calibration=str(folder))):
        place = Path(produce(recipe, cache, print).path).parent
        kinds = {path.suffix for path in place.iterdir()}

        assert kinds == {".onnx", ".npy", ".json"}
        assert sorted(path.name for path in place.iterdir() if path.suffix == ".onnx") == ["model.onnx"]
    assert list((cache.root / "building").iterdir()) == []


FLOAT64 = a_model([("Neg", ("x",), "y")], element=TensorProto.DOUBLE)
FLOAT16 = a_model([("Add", ("x", "c"), "y")], [constant("c", [1, 2, 3, 4], np.float16)], element=TensorProto.FLOAT16)
WIDE_WEIGHTS = a_model(
    [
        helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.DOUBLE),
        ("Add", ("wide", "c"), "sum"),
        helper.make_node("Cast", ["sum"], ["y"], to=TensorProto.FLOAT),
    ],
    [constant("c", [1, 2, 3, 4], np.float64)],
)


@pytest.mark.parametrize(
    ("model", "precision", "words"),
    [
        (FLOAT64, "fp16", "computes in double"),
        (WIDE_WEIGHTS, "fp16", "computes in double"),
        (FLOAT16, "fp16", "is fp16 already"),
        (FLOAT16, "int8", "is fp16 already"),
        (FLOAT64, "int8", "computes in double"),
    ],
)
def test_what_is_not_float32_cannot_be_made_narrower(cache, tmp_path, model, precision, words):
    path = str(written(model, tmp_path / "m.onnx"))

    with pytest.raises(ConvertError, match=words) as raised:
        produce(Recipe(path, precision=precision, quantisation="u8s8"), cache, print)

    assert raised.value.hint
    assert list((cache.root / "building").iterdir()) == []


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_a_file_with_q_and_dq_keeps_them_and_is_not_quantised_again(network, cache, tmp_path, precision):
    quantised = tmp_path / "elsewhere.onnx"
    shutil.copyfile(produce(int8(network), cache, print).path, quantised)

    assert produce(Recipe(str(quantised)), cache, print).precision == "int8"
    with pytest.raises(ConvertError, match="is int8 already") as raised:
        produce(Recipe(str(quantised), precision=precision, quantisation="u8s8"), cache, print)

    assert "--precision" in raised.value.hint


def test_branches_and_loops_are_refused(cache, tmp_path):
    branch = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["inner"])], "b", [], [helper.make_tensor_value_info("inner", 1, [1, 4])]
    )
    node = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    path = str(written(a_model([node], [constant("yes", True, np.bool_)]), tmp_path / "m.onnx"))

    with pytest.raises(ConvertError, match="branches or loops"):
        produce(Recipe(path, precision="fp16"), cache, print)


def test_a_folder_of_broken_images_is_a_usage_error_from_the_worker(network, cache, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff torn")

    with pytest.raises(ConfigError, match="none of the 1 images"):
        produce(int8(network, calibration=str(tmp_path)), cache, print)


def test_an_int8_graph_that_names_other_classes_is_refused_where_weights_are_trained(network, folder, cache, tmp_path):
    artefact = produce(int8(network, calibration=str(folder)), cache, print)
    answers = []
    for number, reference in enumerate(artefact.references):
        path = tmp_path / f"{number}.npy"
        np.save(path, np.load(reference.outputs[0])[:, ::-1])
        answers.append([path])

    with pytest.raises(ConvertError, match="names another class than the model for"):
        compare(artefact, answers, "onnxruntime", "int8")


@pytest.mark.export
@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_a_timm_model_is_calibrated_with_its_own_statistics(precision, folder, cache, tmp_path):
    recipe = Recipe("test_vit", precision=precision, quantisation="u8s8", calibration=str(folder))

    artefact = produce(recipe, cache, print)

    log = json.loads((Path(artefact.path).parent / "calibration.json").read_text())
    assert log["how"]["origin"] == "the model's own"
    assert log["how"]["mean"] == [0.5, 0.5, 0.5]
    assert (RANDOM_WEIGHTS in artefact.notes) == (precision == "int8")
    assert len(onnx.load(artefact.path).graph.node) > 10
    assert observed(artefact, tmp_path).holds
