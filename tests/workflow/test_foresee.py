"""What is foretold without running anything."""

from __future__ import annotations

import pytest

from edgeprof.config import load_request
from edgeprof.convert.cache import Cache
from edgeprof.core.errors import ConfigError
from edgeprof.workflow.foresee import foresee


@pytest.fixture
def foretold(tmp_path):
    def of(*models, **flags):
        request = load_request({"models": models, **flags}, cwd=tmp_path, environ={})
        return foresee(request, Cache(tmp_path / "cache"))

    return of


def test_each_model_has_its_tensor(foretold):
    tensors, _ = foretold("mobilenetv3_large", "resnet50", res="1080", batch=4)
    assert tensors == ["mobilenetv3_large_100: 4x3x1080x1920", "resnet50: 4x3x1080x1920"]


def test_a_models_own_size_is_said_to_be_that(foretold):
    tensors, _ = foretold("resnet50")
    assert tensors == ["resnet50: 1 x the model's own size, known once it is exported"]


def test_what_is_there_already_has_its_real_tensor(foretold, tmp_path):
    model = tmp_path / "x.fake.json"
    model.write_text("{}")
    tensors, _ = foretold(str(model))
    assert tensors == [f"{model}: input 1x3x224x224 float32"]


def test_shapes_that_are_bound_are_shown(foretold):
    tensors, _ = foretold("resnet50", shape=("x:1x3x64x64",))
    assert tensors == ["resnet50: x 1x3x64x64"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"frame": "uint8"}, "1 x uint8 frames of the model's own size, known once it is exported"),
        ({"frame": "uint8", "res": "224", "batch": 2}, "2x224x224x3 uint8"),
        ({"frame": "uint8:1080", "res": "224"}, "1x1080x1920x3 uint8"),
    ],
)
def test_frames_are_shown_as_the_camera_gives_them(foretold, flags, words):
    tensors, _ = foretold("resnet50", **flags)

    assert tensors == [f"resnet50: {words}"]


def test_the_time_grows_with_models_and_processes(foretold):
    _, one = foretold("resnet50", processes=1)
    _, three = foretold("resnet50", processes=3)
    _, both = foretold("resnet50", "resnet18", processes=3)
    assert 10 <= one < 20
    assert three == 3 * one
    assert both == 2 * three


def test_a_shorter_limit_takes_less_time(foretold):
    assert foretold("resnet50", max_duration="6s")[1] < foretold("resnet50")[1]


def test_a_file_that_is_missing_is_said_at_once(foretold):
    with pytest.raises(ConfigError, match=r"missing\.onnx"):
        foretold("missing.onnx")
