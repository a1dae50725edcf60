import numpy as np  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from onnx import helper, numpy_helper  # noqa: TID253

from edgeprof.convert import produce
from edgeprof.convert.inquiry import explained, remedied
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError


@pytest.fixture
def padded_maximum(onnx_file, cache):
    nodes = [
        helper.make_node("Abs", ["image"], ["positive"]),
        helper.make_node("Neg", ["positive"], ["negative"]),
        helper.make_node("Pad", ["negative", "pads"], ["padded"]),
        helper.make_node("MaxPool", ["padded"], ["out"], name="largest", kernel_shape=[3, 3]),
    ]
    pads = numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "pads")
    return produce(Recipe(str(onnx_file(nodes=nodes, initializers=[pads]))), cache, lambda _: None)


@pytest.mark.skipif(not onnxruntime.__version__.startswith("1.31."), reason="another onnxruntime")
def test_what_is_wrong_and_what_helps_comes_from_a_process_of_its_own(padded_maximum, said):
    seen = explained(padded_maximum, "onnxruntime", "fp32", said.append)

    assert (seen.first.node, seen.level, seen.optimizers) == ("largest", "basic", ("Pad_Fusion",))
    assert remedied(padded_maximum, said.append) == ("Pad_Fusion",)
    assert "onnxruntime" in said[0]


def test_what_cannot_be_asked_is_said_as_it_would_be_here(padded_maximum, said):
    with pytest.raises(ConfigError, match="tensorrt"):
        explained(padded_maximum, "tensorrt", "fp16", said.append)
