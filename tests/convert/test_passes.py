import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import pytest
from tiny import a_branch, a_model, computed, node, operators

from edgeprof.convert.passes import PASSES, constants, duplicates, pools, scales, tidy, unused

IMAGE = {"image": [1, 3, 16, 16]}
RANDOM = np.random.default_rng(0)
TABLE = RANDOM.standard_normal((1, 3, 16, 16), np.float32)


def stored(model):
    return [tensor.name for tensor in model.graph.initializer]


def image():
    return np.random.default_rng(1).standard_normal((1, 3, 16, 16), np.float32)


def test_a_constant_that_is_stored_twice_is_stored_once():
    nodes = [node("Add", "image first", "a"), node("Mul", "a second", "b"), node("Sub", "b third", "out")]
    tables = {"first": TABLE, "second": TABLE.copy(), "third": TABLE + 1}
    model = a_model(nodes, IMAGE, {"out": None}, tables)
    (before,), size = computed(model, image=image()), model.ByteSize()

    assert duplicates.PASS.apply(model) == 1
    assert stored(model) == ["first", "third"]
    assert list(model.graph.node[1].input) == ["a", "first"]
    assert model.ByteSize() < size - TABLE.nbytes + 100
    assert np.array_equal(computed(model, image=image())[0], before)
    assert duplicates.PASS.apply(model) == 0


def test_equal_bytes_of_another_shape_or_type_are_another_constant():
    nodes = [node("Add", "image first", "a"), node("Flatten", "a", "flat"), node("Add", "flat second", "b")]
    nodes += [node("Cast", "b", "whole", to=6), node("Add", "whole third", "out")]
    tables = {"first": TABLE, "second": TABLE.reshape(1, -1), "third": TABLE.reshape(1, -1).view(np.int32)}
    model = a_model(nodes, IMAGE, {"out": (6, None)}, tables)

    assert duplicates.PASS.apply(model) == 0
    assert len(stored(model)) == 3


def test_a_constant_that_is_an_input_or_an_output_keeps_its_name():
    nodes = [node("Add", "image first", "out"), node("Add", "image second", "other")]
    model = a_model(nodes, {**IMAGE, "second": list(TABLE.shape)}, {"out": None, "other": None, "first": None})
    for name in ("first", "second"):
        model.graph.initializer.append(onnx.numpy_helper.from_array(TABLE, name))

    assert duplicates.PASS.apply(model) == 0


def test_a_constant_that_is_an_output_is_read_by_whoever_asks_for_it():
    model = a_model([node("Relu", "image", "out")], IMAGE, {"out": None, "table": list(TABLE.shape)}, {"table": TABLE})

    assert unused.PASS.apply(model) == 0
    assert np.array_equal(computed(model, image=image())[1], TABLE)


def test_a_constant_that_nobody_reads_goes():
    model = a_model([node("Add", "image first", "out")], IMAGE, {"out": None}, {"first": TABLE, "second": TABLE})

    assert unused.PASS.apply(model) == 1
    assert stored(model) == ["first"]
    assert unused.PASS.apply(model) == 0


def test_a_constant_that_only_a_branch_reads_stays_and_is_shared_there_too():
    branches = [a_branch([node("Add", f"image {name}", f"{name}_sum")]) for name in ("first", "second")]
    nodes = [node("If", "flag", "out", then_branch=branches[0], else_branch=branches[1])]
    model = a_model(nodes, {**IMAGE, "flag": (9, [])}, {"out": None}, {"first": TABLE, "second": TABLE})

    assert tidy(model) == {"constants": 0, "scales": 0, "pools": 0, "planes": 0, "duplicates": 1, "unused": 0}
    for flag in (True, False):
        (given,) = computed(model, image=image(), flag=np.array(flag))
        assert np.array_equal(given, image() + TABLE)


def test_what_is_made_of_constants_alone_is_computed_once():
    """A weight that is standardised on the way to its convolution."""
    weight = RANDOM.standard_normal((4, 3, 3, 3), np.float32)
    nodes = [
        node("ReduceMean", "w axes", "mean"),
        node("Sub", "w mean", "centred"),
        node("Conv", "image centred", "seen"),
        node("Mul", "seen two", "out"),
    ]
    model = a_model(nodes, IMAGE, {"out": None}, {"w": weight, "axes": np.array([1, 2, 3]), "two": np.float32(2)})
    (before,) = computed(model, image=image())

    assert constants.PASS.apply(model) == 2
    assert operators(model) == ["Conv", "Mul"]
    assert unused.PASS.apply(model) == 2
    assert sorted(stored(model)) == ["centred", "two"]
    assert np.array_equal(computed(model, image=image())[0], before)
    assert constants.PASS.apply(model) == 0


def test_a_large_table_and_an_output_stay_what_nodes_make():
    nodes = [node("Expand", "one large", "table"), node("Neg", "one", "less"), node("Add", "image less", "sum")]
    nodes += [node("ReduceSum", "table", "total", keepdims=0), node("Mul", "sum total", "out")]
    nodes += [node("Gather", "table first", "row"), node("Add", "image row", "other")]
    one, large, first = np.ones(1, np.float32), np.array([1024, 512]), np.array([[[[0]]]])
    model = a_model(
        nodes, {"image": [1, 1, 1, 512]}, {"out": None, "other": None, "table": None, "less": None}, [("one", one)]
    )
    for name, array in (("large", large), ("first", first)):
        model.graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    fed = RANDOM.standard_normal((1, 1, 1, 512), np.float32)
    before = computed(model, image=fed)

    assert constants.PASS.apply(model) == 2
    assert operators(model) == ["Expand", "Neg", "Add", "Mul", "Add"]
    for one, other in zip(before, computed(model, image=fed), strict=True):
        assert np.array_equal(one, other)


def test_a_table_too_large_for_what_it_is_made_of_is_left_to_the_runtime():
    nodes = [node("Expand", "one large", "table"), node("Add", "image table", "out")]
    model = a_model(nodes, IMAGE, {"out": None}, {"one": np.ones(1, np.float32), "large": np.array([1025, 3, 16, 16])})

    assert constants.PASS.apply(model) == 0
    assert operators(model) == ["Expand", "Add"]


@pytest.mark.parametrize(
    "nodes",
    [
        [node("DequantizeLinear", "q scale", "w"), node("Add", "image w", "out")],
        [node("RandomNormal", "", "w", shape=[1, 3, 16, 16]), node("Add", "image w", "out")],
        [node("Neg", "default", "w"), node("Add", "image w", "out")],
    ],
    ids=["a quantised weight", "chance", "what a caller may change"],
)
def test_what_has_to_reach_the_runtime_as_it_is_stays(nodes):
    for each in nodes:
        each.input[:] = [name for name in each.input if name]
    inputs = {**IMAGE, "default": [1]}
    model = a_model(
        nodes, inputs, {"out": None}, {"q": np.array([1], np.int8), "scale": np.float32(1), "default": [1.0]}
    )

    assert constants.PASS.apply(model) == 0
    assert len(model.graph.node) == 2


LINEAR = {"w": RANDOM.standard_normal((8, 6), np.float32), "b": RANDOM.standard_normal(6, np.float32)}
GAMMA = RANDOM.standard_normal(6, np.float32)
TOKENS = {"image": [1, 4, 5, 8]}


def tokens():
    return np.random.default_rng(1).standard_normal((1, 4, 5, 8), np.float32)


def scaled(gamma, perm=None, **more):
    """A matrix product, its bias, channels first where `perm` moves them, a scale and a residual."""
    moved = [node("Transpose", "biased", "moved", perm=perm)] if perm else []
    nodes = [node("MatMul", "image w", "product"), node("Add", "b product", "biased"), *moved]
    nodes += [node("Mul", f"gamma {'moved' if perm else 'biased'}", "scaled"), node("Exp", "scaled", "out")]
    return a_model(nodes, TOKENS, {"out": None}, {**LINEAR, "gamma": gamma, **more})


@pytest.mark.parametrize(
    ("gamma", "perm"),
    [
        (GAMMA, None),
        (GAMMA.reshape(1, 6), None),
        (np.float32(0.5), None),
        (GAMMA.reshape(1, 6, 1, 1), [0, 3, 1, 2]),
        (GAMMA.reshape(6, 1, 1), [0, 3, 1, 2]),
        (GAMMA, [1, 0, 2, 3]),
    ],
)
def test_a_scale_for_each_channel_goes_into_the_weights(gamma, perm):
    model = scaled(gamma, perm)
    (before,) = computed(model, image=tokens())

    assert scales.PASS.apply(model) == 1
    assert "Mul" not in operators(model)
    assert np.allclose(computed(model, image=tokens())[0], before, rtol=1e-4)
    assert unused.PASS.apply(model) == 3
    assert np.allclose(computed(model, image=tokens())[0], before, rtol=1e-4)
    assert scales.PASS.apply(model) == 0


@pytest.mark.parametrize(
    ("gamma", "perm"),
    [
        (np.ones((4, 5, 6), np.float32), None),
        (np.ones((5, 1), np.float32), None),
        (np.ones((1, 6, 1), np.float32), None),
        (np.ones((4, 1, 1), np.float32), [0, 3, 1, 2]),
        (np.ones((1, 6, 1, 1), np.float32), [0, 1, 3, 2]),
    ],
    ids=["of every element", "of every token", "of a higher rank", "of another axis", "behind another order"],
)
def test_a_scale_of_anything_else_stays(gamma, perm):
    nodes = scaled(gamma, perm)

    assert scales.PASS.apply(nodes) == 0


@pytest.mark.parametrize("also_read", ["product", "biased"])
def test_a_product_that_others_read_is_not_scaled(also_read):
    model = scaled(GAMMA)
    model.graph.output.add().name = also_read

    assert scales.PASS.apply(model) == 0


def test_a_weight_that_two_products_share_is_scaled_for_each_by_its_own():
    nodes = []
    for side in ("left", "right"):
        nodes += [node("MatMul", "image w", f"{side}_product"), node("Add", f"{side}_product b", f"{side}_biased")]
        nodes += [node("Mul", f"{side}_biased {side}", f"{side}_scaled"), node("Exp", f"{side}_scaled", f"{side}_out")]
    weights = {**LINEAR, "left": GAMMA, "right": GAMMA * 2}
    model = a_model(nodes, TOKENS, {"left_out": None, "right_out": None}, weights)
    before = computed(model, image=tokens())

    assert scales.PASS.apply(model) == 2
    for one, other in zip(before, computed(model, image=tokens()), strict=True):
        assert np.allclose(one, other, rtol=1e-4)


AXES = {"axes": np.array([-2, -1])}


@pytest.mark.parametrize("opset", [17, 20])
def test_a_mean_over_the_whole_map_is_a_pool(opset):
    mean = (
        [node("ReduceMean", "image axes", "out")] if opset == 20 else [node("ReduceMean", "image", "out", axes=[3, 2])]
    )
    model = a_model(mean, IMAGE, {"out": None}, AXES, opset=opset)
    (before,) = computed(model, image=image())

    assert pools.PASS.apply(model) == 1
    assert operators(model) == ["GlobalAveragePool"]
    assert np.allclose(computed(model, image=image())[0], before, atol=1e-6)


@pytest.mark.parametrize(
    ("nodes", "shape"),
    [
        ([node("ReduceMean", "image axes", "out", keepdims=0)], [1, 3, 16, 16]),
        ([node("ReduceMean", "image one", "out")], [1, 3, 16, 16]),
        ([node("ReduceMean", "image", "out")], [1, 3, 16, 16]),
        ([node("ReduceMean", "image axes", "out")], [3, 16, 16]),
        ([node("Mul", "image image", "square"), node("ReduceMean", "square axes", "out")], [1, 3, 16, 16]),
        ([node("Pow", "image two", "square"), node("ReduceMean", "square axes", "out")], [1, 3, 16, 16]),
    ],
    ids=["without the axes", "over one axis", "over all axes", "of another rank", "of squares", "of second powers"],
)
def test_any_other_mean_stays(nodes, shape):
    model = a_model(nodes, {"image": shape}, {"out": None}, {**AXES, "one": np.array([3]), "two": np.float32(2)})

    assert pools.PASS.apply(model) == 0


def test_every_pass_has_a_reason_and_a_name_of_its_own():
    assert len({each.name for each in PASSES}) == len(PASSES)
    assert all(len(each.reason.split()) > 5 for each in PASSES)


@pytest.mark.export
def test_what_the_exporter_writes_passes_unharmed(cache):
    from edgeprof.convert import produce
    from edgeprof.convert.recipe import Recipe

    model = onnx.load(produce(Recipe("test_vit"), cache, print).path)

    assert set(tidy(model).values()) == {0}  # it was tidied when it was exported
    onnx.checker.check_model(model, full_check=True)


@pytest.mark.export
def test_the_branches_that_only_training_needs_are_merged_and_compute_the_same(cache):
    from edgeprof.convert import produce
    from edgeprof.convert.parity import relative_l2
    from edgeprof.convert.recipe import Recipe
    from edgeprof.core.resolution import Resolution

    artefact = produce(Recipe("fastvit_t8", Resolution(64, 64)), cache, print)
    model = onnx.load(artefact.path)

    assert "BatchNormalization" not in operators(model)
    for reference in artefact.references:
        (given,) = computed(model, input=np.load(reference.inputs[0]))
        assert relative_l2(np.load(reference.outputs[0]), given) <= artefact.tolerance
