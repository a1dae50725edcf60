import subprocess
import sys

import pytest

from edgeprof.convert.aliases import ALIASES
from edgeprof.convert.sources import known_names, list_models, resolve, timm_names, unknown_model
from edgeprof.core.errors import ConfigError


@pytest.mark.parametrize(
    ("model", "kind", "name"),
    [
        ("resnet50", "timm", "resnet50"),
        ("mobilenetv3_large", "timm", "mobilenetv3_large_100"),
        ("MobileNetV3_Large", "timm", "mobilenetv3_large_100"),
        ("vit_base_patch16_224.augreg_in21k", "timm", "vit_base_patch16_224.augreg_in21k"),
        ("shop.models:detector", "callable", "shop.models:detector"),
    ],
)
def test_a_name_says_its_kind(model, kind, name):
    source = resolve(model)

    assert (source.kind, source.name) == (kind, name)


def test_an_alias_is_said():
    assert resolve("mobilenetv3_large").note == "mobilenetv3_large is timm's mobilenetv3_large_100"
    assert resolve("resnet50").note is None


def test_files_are_told_by_their_ending(tmp_path):
    for name, kind in (("a.onnx", "onnx"), ("B.ONNX", "onnx"), ("slow.fake.json", "fake")):
        (tmp_path / name).touch()

        assert resolve(str(tmp_path / name)).kind == kind


@pytest.mark.parametrize(
    "model", ["", "no such", "missing.onnx", "missing.fake.json", "weights.pth", "a/b", "a:b:c", "a:"]
)
def test_what_cannot_be_a_model_is_a_usage_error(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError) as raised:
        resolve(model)

    assert f'"{model}"' in raised.value.message
    assert raised.value.hint


def test_resolving_loads_no_heavy_module():
    script = (
        "import sys; from edgeprof.convert import produce; from edgeprof.convert.sources import resolve;"
        "resolve('resnet50'); print(sorted({'torch', 'timm', 'onnx', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    )
    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert seen.stdout.strip() == "[]"


def test_an_unknown_model_lists_the_nearest_names():
    error = unknown_model("resnt50", ["resnet50", "resnet18", "vgg16"])

    assert "resnet50" in error.hint
    assert "vgg16" not in error.hint


@pytest.mark.export
def test_every_alias_is_a_timm_model_and_none_hides_one(cache):
    names = set(timm_names(cache))

    assert set(ALIASES.values()) <= names
    assert not set(ALIASES) & names


@pytest.mark.export
def test_names_are_asked_of_timm_once(cache):
    assert known_names(cache) is None

    listed = list_models("mobilenetv3_l*", cache)

    assert "mobilenetv3_large_100" in listed
    assert all(name.startswith("mobilenetv3_l") for name in listed)
    assert "resnet50" in known_names(cache)
    assert "resnet50" in list_models("net50", cache)
    assert len(list_models(None, cache)) > 500
