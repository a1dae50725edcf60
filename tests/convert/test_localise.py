from dataclasses import replace
from pathlib import Path

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import onnxruntime  # noqa: TID253
import pytest
from tiny import a_branch, a_model, computed, node

from edgeprof.convert.localise import explain, remedy, walk_back
from edgeprof.convert.wiring import Wiring
from edgeprof.core.artefact import Artefact, Reference
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor

ONES = np.array([0, 0, 1, 1, 0, 0, 1, 1])
IMAGE = {"image": [1, 3, 8, 8]}
# Its Pad_Fusion takes zeros that are padded before a maximum for minus infinity.
has_pad_fusion = pytest.mark.skipif(not onnxruntime.__version__.startswith("1.31."), reason="another onnxruntime")


def padded_maximum():
    """Zeros around negative numbers, then a maximum; and a branch on which nothing is wrong."""
    nodes = [
        node("Relu", "image", "lit"),
        node("Abs", "image", "positive"),
        node("Neg", "positive", "negative"),
        node("Pad", "negative pads", "padded"),
        node("Exp", "lit", "branch"),
        node("MaxPool", "padded", "largest", kernel_shape=[3, 3]),
        node("Sin", "branch", "wave"),
        node("Add", "largest wave", "sum"),
        node("Mul", "sum two", "out"),
    ]
    return a_model(nodes, IMAGE, {"out": None}, {"pads": ONES, "two": np.float32(2)})


def chain(precision="fp32", sixth="Exp"):
    """Eight nodes in a row, of which the sixth is in question."""
    kinds = ["Abs", "Sqrt", "Sin", "Neg", "Tanh", sixth, "Atan", "Relu"]
    names = ["image", *(f"t{place}" for place in range(7)), "out"]
    nodes = [node(kind, names[place], names[place + 1]) for place, kind in enumerate(kinds)]
    return a_model(nodes, IMAGE, {"out": None})


def an_artefact(model, folder, name="model", expected=None, **changes):
    """With two references that the graph itself computed, unless others are given."""
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    references = []
    for number in range(2):
        image = np.random.default_rng(number).standard_normal((1, 3, 8, 8), np.float32)
        files = folder / f"{name}-in-{number}.npy", folder / f"{name}-out-{number}.npy"
        np.save(files[0], image)
        np.save(files[1], computed(expected or model, image=image)[0])
        references.append(Reference((str(files[0]),), (str(files[1]),)))
    described = {
        "model": "m",
        "source": "onnx",
        "form": "onnx",
        "path": str(path),
        "digest": "0",
        "size_bytes": path.stat().st_size,
        "precision": "fp32",
        "inputs": (Tensor("image", (1, 3, 8, 8), "float32"),),
        "outputs": (Tensor("out", np.load(references[0].outputs[0]).shape, "float32"),),
        "references": tuple(references),
        "tolerance": 1e-4,
    }
    return Artefact(**{**described, **changes})


@has_pad_fusion
def test_a_pad_that_is_folded_into_a_maximum_is_found_with_who_folded_it(tmp_path):
    seen = explain(an_artefact(padded_maximum(), tmp_path), "onnxruntime", "fp32")

    assert (seen.first.node, seen.first.operator) == ("largest", "MaxPool")
    assert seen.first.inputs == ("padded",)
    assert seen.first.before == 0.0
    assert seen.first.relative_l2 > 0.01
    assert seen.relative_l2 > seen.tolerance == 1e-4
    assert seen.level == "basic"
    assert seen.optimizers == ("Pad_Fusion",)
    assert "Pad_Fusion" in seen.hint
    assert restore(type(seen), plain(seen)) == seen


@has_pad_fusion
def test_what_remedies_it_is_that_one_optimiser_off(tmp_path):
    artefact = an_artefact(padded_maximum(), tmp_path)
    off = remedy(artefact)

    assert off == ("Pad_Fusion",)
    session = onnxruntime.InferenceSession(artefact.path, disabled_optimizers=list(off))
    reference = artefact.references[0]
    (given,) = session.run(None, {"image": np.load(reference.inputs[0])})
    assert np.allclose(given, np.load(reference.outputs[0]), atol=1e-6)
    assert "its outputs hold" in explain(artefact, "onnxruntime", "fp32", off).hint


def test_where_onnxruntime_agrees_there_is_nothing_to_remedy(tmp_path):
    artefact = an_artefact(chain(), tmp_path)

    assert remedy(artefact) == ()
    seen = explain(artefact, "onnxruntime", "fp32")
    assert (seen.first, seen.level, seen.optimizers) == (None, None, ())
    assert "nothing is to be explained" in seen.hint


def test_where_the_graph_itself_is_wrong_no_optimiser_is_blamed(tmp_path):
    artefact = an_artefact(chain(sixth="Cos"), tmp_path, expected=chain())

    assert remedy(artefact) == ()
    seen = explain(artefact, "onnxruntime", "fp32")
    assert seen.first is None
    assert seen.relative_l2 > 1e-4
    assert "the graph itself differs" in seen.hint


def test_in_a_graph_of_another_precision_the_node_that_was_changed_is_found(tmp_path):
    plain_one = an_artefact(chain(), tmp_path)
    wrong = an_artefact(chain(sixth="Cos"), tmp_path, "wrong", expected=chain(), precision="fp16")
    seen = explain(wrong, "onnxruntime", "fp16", made_from=plain_one)

    assert seen.runtime == "fp16 graph"
    assert (seen.first.node, seen.first.operator, seen.first.inputs) == ("t5", "Exp", ("t4",))
    assert seen.first.before == 0.0
    assert seen.hint == "Exp loses it: try --precision fp32"


@pytest.mark.parametrize("wrong", range(8))
def test_whichever_node_is_wrong_it_is_found_in_a_handful_of_looks(wrong):
    model = chain()
    asked = []

    def diverges(place):
        asked.append(place)
        return place >= wrong

    assert walk_back(7, Wiring.of(model, model), diverges) == wrong
    assert len(asked) <= 5


def test_a_sound_neighbour_on_another_branch_does_not_end_the_search():
    """In the order of the graph the branch's nodes stand between the wrong one and what it leads to."""
    nodes = [
        node("Abs", "image", "positive"),
        node("Neg", "positive", "negative"),
        node("Relu", "image", "lit"),
        node("Exp", "lit", "branch"),
        node("Sin", "branch", "wave"),
        node("Add", "negative wave", "sum"),
        node("Tanh", "sum", "out"),
    ]
    model = a_model(nodes, IMAGE, {"out": None})
    wrong = {1, 5, 6}

    assert walk_back(6, Wiring.of(model, model), lambda place: place in wrong) == 1


def test_nodes_that_read_no_input_are_passed_over():
    nodes = [node("Neg", "two", "less"), node("Mul", "image less", "scaled"), node("Relu", "scaled", "out")]
    model = a_model(nodes, IMAGE, {"out": None}, {"two": np.float32(2)})

    assert Wiring.of(model, model).path_to(2) == [1, 2]


def test_a_node_that_is_missing_in_the_other_graph_is_passed_over():
    model, other = chain(), chain()
    for each in other.graph.node:
        each.output[:] = ["renamed" if name == "t3" else name for name in each.output]
        each.input[:] = ["renamed" if name == "t3" else name for name in each.input]

    assert Wiring.of(model, other).path_to(5) == [0, 1, 2, 4, 5]
    assert Wiring.of(model, other).feeders(4) == [2]


def test_what_a_branch_reads_from_around_it_feeds_it():
    inner = a_branch([node("Neg", "lit", "dark")])
    nodes = [node("Relu", "image", "lit"), node("If", "flag", "out", then_branch=inner, else_branch=inner)]
    model = a_model(nodes, {**IMAGE, "flag": (9, [])}, {"out": None})

    assert Wiring.of(model, model).feeders(1) == [0]


def test_openvino_in_bf16_leaves_the_reference_where_it_rounds_too_much(tmp_path):
    pytest.importorskip("openvino")
    from edgeprof.agent.host import cpu_flags
    from edgeprof.agent.runtimes import runtime_of

    if "bf16" not in runtime_of("openvino").precisions(cpu_flags()):
        pytest.skip("this processor has no bf16")
    weight = np.random.default_rng(0).standard_normal((8, 3, 3, 3), np.float32)
    nodes = [node("Conv", "image w", "seen"), node("Tanh", "seen", "out")]
    model = a_model(nodes, IMAGE, {"out": None}, {"w": weight})
    artefact = an_artefact(model, tmp_path, tolerance=1e-7, card={"rounding": "0"})

    assert "its outputs hold" in explain(artefact, "openvino", "bf16").hint
    seen = explain(replace(artefact, tolerance=1e-4), "openvino", "fp32")
    assert seen.relative_l2 <= 1e-4


@pytest.mark.parametrize(("runtime", "precision"), [("tensorrt", "fp16"), ("openvino", "int4"), ("fake", "fp32")])
def test_a_runtime_that_shows_nothing_on_the_way_is_said(tmp_path, runtime, precision):
    with pytest.raises(ConfigError, match=runtime):
        explain(an_artefact(chain(), tmp_path), runtime, precision)


def test_what_has_no_nodes_or_nothing_to_compare_with_is_said(tmp_path):
    artefact = an_artefact(chain(), tmp_path)

    with pytest.raises(ConvertError, match="pt2"):
        remedy(replace(artefact, form="pt2"))
    with pytest.raises(ConvertError, match="no reference"):
        remedy(replace(artefact, references=()))


def test_a_graph_that_a_runtime_refuses_is_said(tmp_path):
    artefact = an_artefact(chain(), tmp_path)
    model = onnx.load(artefact.path)
    model.graph.node[3].op_type = "Nonsense"
    Path(artefact.path).write_bytes(model.SerializeToString())

    with pytest.raises(ConvertError, match="Nonsense"):
        remedy(artefact)
