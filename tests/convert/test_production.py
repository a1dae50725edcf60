import json
import subprocess
import sys
from pathlib import Path

import numpy as np  # noqa: TID253
import pytest

from edgeprof.convert import produce
from edgeprof.convert.cache import Cache
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import timm_names
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.exits import Exit
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import NATIVE, Resolution


def test_a_fake_is_its_own_artefact(cache, said, tmp_path):
    path = tmp_path / "slow.fake.json"
    path.write_text('{"latency_ms": 20}')

    artefact = produce(Recipe(str(path), Resolution(10, 12), batch=2), cache, said.append)

    assert (artefact.form, artefact.path, artefact.references) == ("fake", str(path), ())
    assert artefact.inputs == (Tensor("input", (2, 3, 10, 12), "float32"),)
    assert said == []
    assert not cache.root.exists()


def test_a_fake_may_declare_its_inputs(cache, tmp_path):
    path = tmp_path / "slow.fake.json"
    path.write_text(json.dumps({"inputs": [{"name": "ids", "shape": [1, 7], "dtype": "int64"}]}))

    assert produce(Recipe(str(path)), cache, print).inputs == (Tensor("ids", (1, 7), "int64"),)


@pytest.mark.parametrize("text", ["{", "[]", '{"inputs": [{"name": 3}]}', '{"inputs": 7}'])
def test_a_fake_that_is_not_one_is_a_conversion_error(cache, tmp_path, text):
    path = tmp_path / "slow.fake.json"
    path.write_text(text)

    with pytest.raises(ConvertError):
        produce(Recipe(str(path)), cache, print)


def test_a_fake_takes_no_frames(cache, tmp_path):
    path = tmp_path / "slow.fake.json"
    path.write_text("{}")

    with pytest.raises(ConfigError, match="takes no frames"):
        produce(Recipe(str(path), frame=NATIVE), cache, print)


def test_a_graph_that_takes_frames_is_made_once_for_each_size_fit_and_order(onnx_file, cache, said):
    recipes = [
        Recipe(str(onnx_file()), frame=frame, fit=fit, bgr=bgr)
        for frame, fit, bgr in [
            (NATIVE, "pad", False),
            (NATIVE, "pad", True),
            (Resolution(9, 12), "pad", False),
            (Resolution(12, 9), "pad", False),
            (Resolution(9, 12), "crop", False),
        ]
    ]
    made = [produce(recipe, cache, said.append) for recipe in recipes]

    assert len({artefact.path for artefact in made}) == len({artefact.digest for artefact in made}) == 5
    assert made[0].inputs == (Tensor("frame", (1, 8, 8, 3), "uint8"),)
    assert said.count("reading the file") == 1
    said.clear()
    assert [produce(recipe, cache, said.append) for recipe in recipes] == made
    assert said == []


def test_the_users_own_file_is_a_frame_where_frames_are_taken(onnx_file, cache, tmp_path):
    mine = tmp_path / "mine.npy"
    np.save(mine, np.full((1, 8, 8, 3), 7, np.uint8))

    made = produce(Recipe(str(onnx_file()), frame=NATIVE, inputs=(("frame", str(mine)),)), cache, print)

    assert set(np.load(made.references[0].inputs[0]).ravel()) == {7}
    assert len(set(np.load(made.references[1].inputs[0]).ravel())) > 7


@pytest.mark.parametrize(("shape", "seen"), [([1, 8], "none"), ([1, 1, 8, 8], "none")])
def test_a_graph_without_an_image_takes_no_frames(onnx_file, cache, shape, seen):
    path = onnx_file(inputs=(("image", 1, shape),))

    with pytest.raises(ConvertError, match=f"of such there is {seen}") as raised:
        produce(Recipe(str(path), frame=NATIVE), cache, print)

    assert "--frame" in raised.value.hint


def test_the_torch_runtime_takes_no_frames(cache):
    with pytest.raises(ConfigError, match="torch runtime takes no frames"):
        produce(Recipe("resnet18", form="pt2", frame=NATIVE), cache, print)


def test_a_rotted_artefact_is_made_again(onnx_file, cache, said, tmp_path):
    recipe = Recipe(str(onnx_file()))
    first = produce(recipe, cache, said.append)
    with open(first.path, "ab") as file:
        file.write(b"x")
    said.clear()

    again = produce(recipe, cache, said.append)

    assert (again.path, again.digest, again.size_bytes) == (first.path, first.digest, first.size_bytes)
    assert Path(again.path).stat().st_size == first.size_bytes
    assert "damaged" in said[0]
    assert "computing the reference" in said


def test_a_hit_loads_nothing_heavy_and_starts_no_process(onnx_file, cache):
    recipe = Recipe(str(onnx_file()))
    produce(recipe, cache, print)
    script = (
        "import sys, subprocess; from pathlib import Path; from edgeprof.convert import produce\n"
        "from edgeprof.convert.cache import Cache; from edgeprof.convert.recipe import Recipe\n"
        "subprocess.Popen = None\n"
        "produce(Recipe(sys.argv[1]), Cache(Path(sys.argv[2])), print)\n"
        "print(sorted({'torch', 'timm', 'onnx', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    )

    seen = subprocess.run([sys.executable, "-c", script, recipe.model, str(cache.root)], capture_output=True, text=True)

    assert seen.stdout.strip() == "[]", seen.stderr


def test_without_timm_the_extra_that_brings_it_is_named(tmp_path):
    """Under an interpreter that sees the standard library and this package alone."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from edgeprof.convert import produce; from edgeprof.convert.cache import Cache\n"
        "from edgeprof.convert.recipe import Recipe; from edgeprof.core.errors import RuntimeUnavailable\n"
        "try: produce(Recipe('resnet50'), Cache(Path(sys.argv[2])), print)\n"
        "except RuntimeUnavailable as error: print(int(error.exit), error.hint)"
    )
    root = str(pytest.importorskip("edgeprof").__path__[0].rsplit("/", 1)[0])

    seen = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, root, str(tmp_path)], capture_output=True, text=True
    )

    assert seen.stdout.strip() == "4 pip install torch torchvision timm onnxscript safetensors", seen.stderr


@pytest.mark.parametrize(
    ("model", "words"),
    [("nosuchmodule:make", "nosuchmodule"), ("package:make", "folder"), ("shop.nothing:make", "shop.nothing")],
)
def test_a_factory_whose_module_is_missing_is_a_usage_error(cache, tmp_path, monkeypatch, model, words):
    (tmp_path / "package").mkdir()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("raise RuntimeError('never imported here')")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match=words):
        produce(Recipe(model), cache, print)


@pytest.mark.parametrize("what", ["weights", "inputs"])
def test_a_missing_file_is_a_usage_error(cache, tmp_path, onnx_file, what):
    gone = str(tmp_path / "gone.npy")
    given = {"weights": gone} if what == "weights" else {"inputs": (("image", gone),)}

    with pytest.raises(ConfigError, match="gone"):
        produce(Recipe(str(onnx_file()), **given), cache, print)


@pytest.mark.export
def test_a_typo_names_the_model_that_was_meant_the_second_time_without_asking_timm(cache, said, monkeypatch):
    for _ in range(2):
        with pytest.raises(ConfigError) as raised:
            produce(Recipe("resnt50"), cache, said.append)

        assert "resnet50" in raised.value.hint
        said.clear()
        monkeypatch.setattr(subprocess, "Popen", None)
    assert "resnet50" in timm_names(Cache(cache.root))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"precision": "fp8"}, "fp8"),
        ({"precision": "int8"}, "int8 recipe"),
        ({"features": True}, "is a file, so"),
        ({"fit": "crop"}, "nothing has to fit"),
        ({"precision": "int8", "quantisation": "u4"}, "u4"),
        ({"precision": "fp16", "form": "pt2"}, "torch"),
        ({"calibration": "gone"}, "gone"),
        ({"precision": "int8", "quantisation": "u8s8", "calibration": "gone"}, "gone"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error_before_anything_is_made(network, cache, changes, words):
    with pytest.raises(ConfigError, match=words) as raised:
        produce(Recipe(network, **changes), cache, print)

    assert raised.value.exit == Exit.USAGE
    assert not (cache.root / "artefacts").exists()
