"""Both exporters for real, on modules of a user's own."""

import onnx  # noqa: TID253
import pytest
from test_torch_export import proved

from edgeprof.convert import onnx_export, produce
from edgeprof.convert.opset import opset_of
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.exits import Exit

pytestmark = pytest.mark.export

SHOP = """
import torch

class Plain(torch.nn.Module):
    input_size = (3, 8, 8)

    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return torch.nn.functional.gelu(self.convolution(x))

class Branching(Plain):
    def forward(self, x):
        return self.convolution(x) if x.abs().sum() > 0 else x

class Clamping(Plain):
    def __init__(self):
        super().__init__()
        for place, limit in enumerate((-0.5, 0.5, -0.25, 0.25)):
            self.register_buffer(f"limit_{place}", torch.tensor(limit))

    def forward(self, x):
        seen = self.convolution(x)
        return seen.clamp(self.limit_0, self.limit_1) + seen.clamp(self.limit_2, self.limit_3)

class Doubled(Plain):
    def forward(self, x):
        return torch.nn.functional.gelu(x.double()).float()

class Unknown(Plain):
    def forward(self, x):
        return torch.special.bessel_j0(self.convolution(x))
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    (tmp_path / "stall.py").write_text(SHOP)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("opset", "exporter", "operator"), [(20, "torch.onnx dynamo", "Gelu"), (17, "torch.onnx torchscript", "Erf")]
)
def test_each_opset_has_its_exporter_and_its_own_place_in_the_cache(shop, cache, tmp_path, opset, exporter, operator):
    other = produce(Recipe("stall:Plain", opset=37 - opset), cache, print)
    artefact = produce(Recipe("stall:Plain", opset=opset), cache, print)
    graph = onnx.load(artefact.path)

    assert (opset_of(graph), artefact.card["opset"], artefact.card["exporter"]) == (opset, str(opset), exporter)
    assert operator in {node.op_type for node in graph.graph.node}
    assert artefact.notes == ()
    assert artefact.digest != other.digest
    assert proved(artefact, tmp_path).holds


def test_two_clamps_of_one_tensor_keep_their_own_limits(shop, cache, tmp_path):
    artefact = produce(Recipe("stall:Clamping"), cache, print)
    operators = [node.op_type for node in onnx.load(artefact.path).graph.node]

    assert (operators.count("Clip"), artefact.card["exporter"]) == (2, "torch.onnx dynamo")
    assert proved(artefact, tmp_path).holds


def test_where_the_newer_exporter_fails_the_older_one_is_asked_and_that_is_said(shop, cache, said, tmp_path):
    artefact = produce(Recipe("stall:Branching"), cache, said.append)

    assert "exporting again, by the older exporter" in said
    assert artefact.card["exporter"] == "torch.onnx torchscript"
    assert (artefact.card["opset"], opset_of(onnx.load(artefact.path))) == ("17", 17)
    assert "older exporter at opset 17, since the newer one fails (GuardOnDataDependent" in artefact.notes[0]
    assert proved(artefact, tmp_path).holds


def test_what_neither_exports_is_one_line_that_names_the_operator(shop, cache):
    with pytest.raises(ConvertError, match="bessel_j0") as raised:
        produce(Recipe("stall:Unknown"), cache, print)

    assert "the older exporter fails too: UnsupportedOperatorError" in raised.value.message
    assert "\n" not in raised.value.message
    assert cache.entries() == []


def test_what_is_exported_to_a_file_that_does_not_load_is_no_success(shop, cache, said):
    """onnxruntime has no Erf of doubles, whoever exports it."""
    with pytest.raises(ConvertError, match=r"exported to what cannot be loaded: .*Erf"):
        produce(Recipe("stall:Doubled"), cache, said.append)

    assert "exporting again, by the older exporter" in said
    assert cache.entries() == []


def test_what_the_older_exporter_alone_was_asked_for_is_not_asked_of_the_other(shop, cache):
    with pytest.raises(ConvertError, match="aten::special_bessel_j0") as raised:
        produce(Recipe("stall:Unknown", opset=17), cache, print)

    assert "dynamo" not in raised.value.message.lower()
    assert raised.value.exit == Exit.CONVERSION


def test_another_opset_is_a_usage_error(shop, cache):
    with pytest.raises(ConfigError, match="opset 16"):
        produce(Recipe("stall:Plain", opset=16), cache, print)


def test_an_onnx_file_keeps_its_opset(onnx_file, cache):
    with pytest.raises(ConfigError, match="keeps the opset"):
        produce(Recipe(str(onnx_file()), opset=17), cache, print)


def test_an_opset_that_was_not_asked_for_is_an_error(tmp_path):
    with pytest.raises(ConvertError, match="wrote opset 18, 17 was asked for"):
        onnx_export.expect_opset(
            17, onnx.helper.make_model(onnx.GraphProto(), opset_imports=[onnx.helper.make_opsetid("", 18)])
        )
