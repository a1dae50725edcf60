"""Graphs that take any batch: exported for real, run at one that nobody named, and refused where it froze."""

from __future__ import annotations

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from onnx import TensorProto, helper  # noqa: TID253

from edgeprof.convert import produce
from edgeprof.convert.open_batch import expect_open
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import Resolution


def first_axes(artefact):
    graph = onnx.load(artefact.path).graph
    return [value.type.tensor_type.shape.dim[0].dim_param for value in (*graph.input, *graph.output)]


def rows_agree(artefact, rows):
    """Whether each of so many rows is answered as it is alone."""
    session = onnxruntime.InferenceSession(artefact.path, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(3)
    fed = {t.name: random.standard_normal((rows, *t.shape[1:]), dtype=np.float32) for t in artefact.inputs}
    together = session.run(None, fed)
    alone = [session.run(None, {name: array[row : row + 1] for name, array in fed.items()}) for row in range(rows)]
    return all(np.allclose(np.concatenate(ones), all_, atol=1e-3) for all_, *ones in zip(together, *alone, strict=True))


@pytest.mark.export
@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("test_vit", Resolution(100, 120), batch=2, is_dynamic=True),
        Recipe("test_resnet", Resolution(96, 96), is_dynamic=True, features=True),
        Recipe("test_convnext", Resolution(69, 101), is_dynamic=True, fit="resize"),
    ],
    ids=lambda recipe: recipe.model,
)
def test_a_timm_model_keeps_its_batch_open(recipe, cache):
    artefact = produce(recipe, cache, print)

    assert artefact.is_dynamic
    assert artefact.inputs[0].shape[0] == recipe.batch
    assert set(first_axes(artefact)) == {"batch"}
    assert artefact.card["batch"] == f"dynamic, proved at {recipe.batch} and {recipe.batch + 1}"
    assert rows_agree(artefact, 5)


@pytest.mark.export
def test_a_fixed_batch_above_one_is_another_artefact_than_an_open_one(cache):
    fixed = produce(Recipe("test_resnet", Resolution(96, 96), batch=3), cache, print)
    opened = produce(Recipe("test_resnet", Resolution(96, 96), batch=3, is_dynamic=True), cache, print)

    assert fixed.inputs == opened.inputs
    assert fixed.digest != opened.digest
    assert first_axes(fixed) == ["", ""]
    assert "batch" not in fixed.card


@pytest.fixture
def shop(tmp_path, monkeypatch):
    (tmp_path / "shop.py").write_text(
        "import torch\n"
        "class Plain(torch.nn.Module):\n"
        "    def forward(self, a, b):\n        return a.flatten(1) @ b.flatten(1).mT\n"
        "class Rows(torch.nn.Module):\n"
        "    def forward(self, a):\n        return a.flatten(1).tanh() * 2\n"
        "class Frozen(torch.nn.Module):\n"
        "    def forward(self, a):\n        return a.reshape(2, -1, 9) + int(a.shape[0])\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.export
@pytest.mark.parametrize("form", ["onnx", "pt2"])
def test_a_factorys_module_keeps_its_batch_open(shop, cache, form):
    artefact = produce(Recipe("shop:Rows", Resolution(9, 9), is_dynamic=True, form=form), cache, print)

    assert artefact.card["batch"] == "dynamic, proved at 1 and 2"
    assert form == "pt2" or rows_agree(artefact, 4)


@pytest.mark.export
def test_a_module_that_fixes_its_batch_is_refused(shop, cache):
    with pytest.raises(ConvertError) as raised:
        produce(Recipe("shop:Frozen", Resolution(9, 9), batch=2, is_dynamic=True), cache, print)

    assert "\n" not in raised.value.message


def written(folder, rows, shape):
    """An image through a Reshape to the shape."""
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["image", "shape"], ["wide"]), helper.make_node("Tanh", ["wide"], ["out"])],
        "graph",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [rows, 3, 8, 8])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [rows, None])],
        [helper.make_tensor("shape", TensorProto.INT64, [2], shape)],
    )
    path = folder / "open.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return str(path)


def test_a_file_with_an_open_batch_keeps_it(tmp_path, cache):
    artefact = produce(Recipe(written(tmp_path, "n", [-1, 192]), batch=4, is_dynamic=True), cache, print)

    assert artefact.inputs[0].shape == (4, 3, 8, 8)
    assert first_axes(artefact) == ["n", "n"]
    assert artefact.card["batch"] == "dynamic, proved at 4 and 5"
    assert rows_agree(artefact, 3)


def test_a_file_that_froze_its_batch_is_refused(tmp_path, cache):
    with pytest.raises(ConvertError, match="does not take every batch") as raised:
        produce(Recipe(written(tmp_path, "n", [4, 192]), batch=4, is_dynamic=True), cache, print)

    assert raised.value.hint == "name one: --batch 4"


def test_a_file_whose_batch_is_fixed_is_a_usage_error(tmp_path, cache):
    with pytest.raises(ConfigError, match='batch of input "image" is fixed at 2'):
        produce(Recipe(written(tmp_path, 2, [-1, 192]), batch=2, is_dynamic=True), cache, print)


@pytest.mark.trt
def test_a_plan_of_an_open_batch_takes_from_one_to_as_many_as_are_run(tmp_path, cache):
    from edgeprof.agent.trt.order import BuildOrder
    from edgeprof.convert.plan import built_of, plan_of

    artefact = produce(Recipe(written(tmp_path, "n", [-1, 192]), batch=4, is_dynamic=True), cache, print)
    plan = plan_of(artefact, BuildOrder("fp32", compute_capability="8.9"), cache, print)

    assert plan.inputs == artefact.inputs
    assert plan.is_dynamic
    assert plan.card["batches"] == "1 to 4"
    assert plan.card["batch"] == "takes 1 to 4, built for 4; the graph was proved at 4 and 5"
    assert built_of(plan).inputs[0].shape == (-1, 3, 8, 8)


@pytest.mark.trt
def test_a_plan_of_an_open_batch_that_is_run_at_one_takes_one(tmp_path, cache):
    from edgeprof.agent.trt.order import BuildOrder
    from edgeprof.convert.plan import plan_of

    artefact = produce(Recipe(written(tmp_path, "n", [-1, 192]), is_dynamic=True), cache, print)
    plan = plan_of(artefact, BuildOrder("fp32", compute_capability="8.9"), cache, print)

    assert not plan.is_dynamic
    assert plan.card["batch"] == "takes 1, built for 1; the graph was proved at 1 and 2"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda image: image[:2] + 1, "at 3 it gives 2x4, not 3x4"),
        (lambda image: image + 1.01, "at 3 it is"),
        (lambda image: image.reshape(2, 4), "it does not run at 3: cannot reshape"),
    ],
)
def test_a_graph_that_answers_another_batch_otherwise_is_refused(answer, words):
    inputs = (Tensor("x", (2, 4), "float32"),)

    with pytest.raises(ConvertError, match=words):
        expect_open("m", inputs, lambda fed: [fed["x"] + 1], lambda fed: [answer(fed["x"])], 1e-4)
    assert expect_open("m", inputs, lambda fed: [fed["x"]], lambda fed: [fed["x"]], 1e-4).endswith("at 2 and 3")
