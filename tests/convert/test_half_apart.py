"""fp16 of models whose weights lie in a second file, over a threshold of a few bytes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import pytest
from graphs import a_model, a_network, constant, written
from onnx import TensorProto, numpy_helper  # noqa: TID253
from tiny import operators

from edgeprof.convert import onnx_file
from edgeprof.convert.derive import derive
from edgeprof.convert.half_apart import constants_apart, halved_apart
from edgeprof.convert.product import located
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConvertError

LITTLE, MUCH = 2000, 1 << 30


@pytest.fixture
def kept(tmp_path):
    """A model as artefacts of the same graph: its weights in a second file, and all in one."""

    def keep(model):
        path = written(model, tmp_path / "network.onnx")
        for name in ("apart", "whole"):
            (tmp_path / name).mkdir()
        made = onnx_file.convert(str(path), Recipe(str(path)), tmp_path / "apart", print, LITTLE).artefact
        apart = located(made, tmp_path / "apart")
        assert apart.data
        whole = written(onnx.load(apart.path), tmp_path / "whole" / "model.onnx")
        return apart, replace(apart, path=str(whole), data=())

    return keep


def narrowed(wide, most_bytes=MUCH):
    """The fp16 artefact, in two files where it has more than so many bytes."""
    folder = Path(wide.path).parent / "narrow"
    folder.mkdir()
    made = derive(wide, Recipe(wide.model, precision="fp16"), folder, print, most_bytes)
    return located(made, folder)


def tensors(path):
    return {t.name: (t.data_type, numpy_helper.to_array(t).tobytes()) for t in onnx.load(path).graph.initializer}


def weights_bytes(path):
    return sum(len(content) for _, content in tensors(path).values())


def scaled(channels=512):
    """Three factors, one of which has numbers that float16 has no digits for and one that goes beyond its end."""
    random = np.random.default_rng(0)
    weights = {
        "plain": random.standard_normal((1, channels)),
        "small": 1e-6 * (1 + random.random((1, channels))),
        "large": 3e4 * (1 + random.random((1, channels))),
    }
    nodes = [("Mul", ("x", "plain"), "a"), ("Mul", ("a", "small"), "b"), ("Mul", ("b", "large"), "y")]
    return a_model(nodes, [constant(name, array) for name, array in weights.items()], shape=(1, channels))


@pytest.mark.parametrize("network", [a_network(channels=32), scaled()], ids=["network", "scaled"])
@pytest.mark.parametrize("most_bytes", [MUCH, LITTLE], ids=["one file", "two files"])
def test_it_is_what_fp16_of_the_model_in_one_file_is(kept, network, most_bytes):
    wide, in_one = kept(network)

    whole, apart = narrowed(in_one), narrowed(wide, most_bytes)

    assert bool(apart.data) == (most_bytes == LITTLE)
    assert tensors(apart.path) == tensors(whole.path)
    assert operators(onnx.load(apart.path)) == operators(onnx.load(whole.path))
    for what in ("kept_fp32", "casts", "calibration"):
        assert apart.card[what] == whole.card[what]
    assert apart.precision == "fp16"
    assert weights_bytes(apart.path) < weights_bytes(wide.path)
    assert {path.name for path in Path(apart.path).parent.iterdir()} >= {Path(file).name for file in apart.data}
    assert not list(Path(apart.path).parent.glob("tmp*"))


def test_the_log_has_the_ranges_of_the_activations_and_not_of_the_weights(kept):
    apart, whole = (narrowed(each).path for each in kept(a_network(channels=32)))
    logs = [json.loads((Path(path).parent / "calibration.json").read_text()) for path in (apart, whole)]

    assert logs[0] == logs[1]
    assert "gated" in logs[0]["ranges"]
    assert "w2" not in logs[0]["ranges"]


def a_part(tmp_path, arrays):
    """A graph whose weights lie outside, not loaded."""
    nodes = [("Mul", ("x", name), f"y{place}") for place, name in enumerate(arrays)]
    path = tmp_path / "model.onnx"
    model = a_model(nodes, [constant(name, array) for name, array in arrays.items()], shape=(1, 4))
    onnx.save(model, path, save_as_external_data=True, size_threshold=0)
    return onnx.load(path, load_external_data=False)


def test_the_ranges_of_weights_outside_leave_infinities_out(tmp_path):
    masked = np.array([[-np.inf, -3, 2, np.inf]])
    model = a_part(tmp_path, {"mask": masked, "none": np.full((1, 4), np.inf), "w": np.arange(4)})

    assert constants_apart(model, tmp_path) == {"mask": (-3, 2), "none": (0, 0), "w": (0, 3)}


def test_weights_that_share_a_place_go_on_sharing_one(tmp_path):
    model = a_part(tmp_path, {"a": np.ones((1, 4)), "b": np.zeros((1, 4))})
    a, b = model.graph.initializer
    del b.external_data[:]
    b.external_data.extend(a.external_data)

    half = halved_apart(model, {}, constants_apart(model, tmp_path), tmp_path)

    first, second = half.model.graph.initializer
    assert first.data_type == second.data_type == TensorProto.FLOAT16
    assert list(first.external_data) == list(second.external_data)
    assert (tmp_path / "half.weights").stat().st_size == 4 * 2
    assert numpy_helper.to_array(second, str(tmp_path)).tolist() == [[1, 1, 1, 1]]


def test_weights_of_a_node_that_lie_outside_are_refused(tmp_path):
    model = a_part(tmp_path, {"a": np.ones((1, 4))})
    node = model.graph.node.add(op_type="Constant", output=["inner"])
    node.attribute.add(name="value", type=onnx.AttributeProto.TENSOR).t.CopyFrom(model.graph.initializer[0])

    with pytest.raises(ConvertError, match="weights in its nodes"):
        constants_apart(model, tmp_path)
