"""onnxruntime on a card: refused where it is not, however little of the work the cpu did, and bound by addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from agent.cuda.host_memory import card_of_host_memory
from agent.nvml.recorded import compiler
from agent.runtimes.test_contract import artefact_for, job_for
from edgeprof.agent.cuda.switches import Switches
from edgeprof.agent.runtimes import ON_CARDS, Marked, OnCard, runtime_of
from edgeprof.agent.runtimes.inputs import staged
from edgeprof.agent.runtimes.onnxruntime import imported, loaded
from edgeprof.agent.runtimes.ort_bound import OrtBound, OrtOnCardSession, expect_on
from edgeprof.agent.runtimes.ort_trace import rows_of
from edgeprof.core.errors import ConvertError, RuntimeUnavailable

pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

CPU, CUDA, TENSORRT = (f"{name}ExecutionProvider" for name in ("CPU", "CUDA", "Tensorrt"))
NAMES = [name for name in ON_CARDS if name.startswith("onnxruntime-")]
without_cuda = pytest.mark.skipif(CUDA in ort.get_available_providers(), reason="this onnxruntime has CUDA")


def traced(folder: Path, graph: bytes) -> List[Tuple[str, List[float], Dict[str, Any]]]:
    """What onnxruntime's own profile tells of one inference on the cpu."""
    import numpy as np

    (folder / "graph.onnx").write_bytes(graph)
    path = str(folder / "graph.onnx")
    session = loaded(imported(""), path, 1, str(folder / "trace"), providers=[CPU])
    session.run(None, {"input": np.ones((1, 4), dtype="float32")})
    with open(session.end_profiling(), encoding="utf-8") as lines:
        return rows_of(lines, 1)


def graph_of(*nodes: Any, to: Any, size: Any) -> bytes:
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, size])
    graph = helper.make_graph(list(nodes), "g", [given], [helper.make_tensor_value_info("output", to, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    content: bytes = model.SerializeToString()
    return content


@pytest.fixture
def of_floats(tmp_path: Path) -> Any:
    from onnx import TensorProto, helper

    node = helper.make_node("Softmax", ["input"], ["output"], name="last")
    return traced(tmp_path, graph_of(node, to=TensorProto.FLOAT, size=4))


@pytest.fixture
def of_shapes(tmp_path: Path) -> Any:
    from onnx import TensorProto, helper

    node = helper.make_node("Shape", ["input"], ["output"], name="shape")
    return traced(tmp_path, graph_of(node, to=TensorProto.INT64, size="n"))


def moved(rows: Any, provider: str) -> Any:
    """As told of another provider."""
    return [(name, seconds, {**told, "provider": provider}) for name, seconds, told in rows]


@without_cuda
@pytest.mark.parametrize("name", NAMES)
def test_an_onnxruntime_without_the_provider_is_refused_and_says_what_brings_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable) as raised, runtime_of(name).open(job_for(name), _doubler(tmp_path), {}, 1):
        pass

    assert f"onnxruntime {ort.__version__} here has no" in raised.value.message
    assert CPU in raised.value.message
    assert "pip install onnxruntime-gpu" in (raised.value.hint or "")


def _doubler(folder: Path) -> str:
    return artefact_for("onnxruntime", folder)


@pytest.mark.parametrize(("changes", "error"), [({"precision": "bf16"}, "bf16"), ({"form": "pt2"}, "pt2")])
def test_what_it_does_not_compute_is_refused(changes: Dict[str, str], error: str, tmp_path: Path) -> None:
    with pytest.raises((RuntimeUnavailable, ConvertError), match=error), runtime_of("onnxruntime-cuda").open(
        job_for("onnxruntime-cuda", **changes), _doubler(tmp_path), {}, 1
    ):
        pass


@pytest.mark.parametrize("provider", [CUDA, TENSORRT])
def test_a_real_run_on_the_cpu_is_refused_where_a_card_was_asked_for(of_floats: Any, provider: str) -> None:
    with pytest.raises(RuntimeUnavailable) as raised:
        expect_on(provider, of_floats)

    assert raised.value.message.startswith(f"{provider} was asked for, and onnxruntime ran on the cpu: Softmax last")


def test_one_operator_on_the_cpu_among_many_on_the_card_is_refused(of_floats: Any) -> None:
    with pytest.raises(RuntimeUnavailable, match="Softmax last"):
        expect_on(CUDA, [*moved(of_floats, CUDA) * 99, *of_floats])


def test_what_computes_shapes_belongs_on_the_host(of_floats: Any, of_shapes: Any) -> None:
    assert {told["provider"] for _, _, told in of_shapes} == {CPU}
    assert expect_on(CUDA, [*moved(of_floats, CUDA), *of_shapes]) == f"1 operators on {CUDA}, 1 operators on {CPU}"


def test_large_whole_numbers_on_the_cpu_are_no_shapes(of_shapes: Any) -> None:
    large = [(name, seconds, {**told, "output_size": "4096"}) for name, seconds, told in of_shapes]
    with pytest.raises(RuntimeUnavailable, match="Shape"):
        expect_on(CUDA, [*moved(of_shapes, CUDA), *large])


def test_a_provider_that_ran_nothing_is_refused_though_no_work_was_the_cpus(of_floats: Any, of_shapes: Any) -> None:
    for rows in (moved(of_floats, CUDA), of_shapes, []):
        with pytest.raises(RuntimeUnavailable, match=f"no operator ran on {TENSORRT}"):
            expect_on(TENSORRT, rows)


def test_what_a_provider_left_to_the_cards_other_one_is_told(of_floats: Any) -> None:
    said = expect_on(TENSORRT, [*moved(of_floats, TENSORRT), *moved(of_floats, CUDA)])

    assert said == f"1 operators on {TENSORRT}, 1 operators on {CUDA}"


def test_an_output_of_varying_shape_is_refused(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    node = helper.make_node("NonZero", ["input"], ["output"])
    (tmp_path / "graph.onnx").write_bytes(graph_of(node, to=TensorProto.INT64, size=4))
    session = loaded(imported(""), str(tmp_path / "graph.onnx"), 1, "", providers=[CPU])
    with pytest.raises(ConvertError, match='"output" varies'):
        OrtBound(session, 0)


@pytest.mark.skipif(compiler() is None, reason="no C compiler here")
@pytest.mark.parametrize("switches", [Switches(), Switches(copies="out"), Switches(copies="mapped")])
def test_tensors_are_bound_by_their_addresses_whatever_becomes_of_copies(tmp_path: Path, switches: Switches) -> None:
    """With real binding, and the host's memory as the card's."""
    session = loaded(imported(""), _doubler(tmp_path), 1, "", providers=[CPU])
    arrays = staged(job_for("onnxruntime-cuda"), {})
    on_card = OrtOnCardSession(OrtBound(session, 0, "cpu"), card_of_host_memory(tmp_path), switches)
    on_card.stage(arrays)
    on_card.infer()
    (output,) = on_card.outputs()

    assert output.tolist() == (arrays["input"] * 2).tolist()
    assert "no CUDA graph, a blocking wait" in on_card.inside_infer
    assert isinstance(on_card, Marked)
    assert isinstance(on_card, OnCard)
    on_card.infer_marked()
    assert on_card.parts_s() == {"h2d": 0.00025, "compute": 0.00025, "d2h": 0.00025}


@pytest.mark.skipif(compiler() is None, reason="no C compiler here")
def test_copies_in_take_what_the_host_has_now_and_copies_out_what_it_had(tmp_path: Path) -> None:
    for copies, expected in (("in", 14.0), ("out", 2.0)):
        session = loaded(imported(""), _doubler(tmp_path), 1, "", providers=[CPU])
        card = card_of_host_memory(tmp_path)
        made = []
        pinned = card.pinned
        card.pinned = lambda *given, made=made, pinned=pinned, **how: made.append(pinned(*given, **how)) or made[-1]  # type: ignore[method-assign,misc]
        on_card = OrtOnCardSession(OrtBound(session, 0, "cpu"), card, Switches(copies=copies))
        import numpy as np

        on_card.stage({"input": np.ones((1, 4), dtype="float32")})
        made[0][0][...] = 7.0
        on_card.infer()

        assert on_card.outputs()[0].tolist() == [[expected] * 4]


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_on_a_card_it_computes_the_same_and_says_where(name: str, tmp_path: Path) -> None:
    artefact = artefact_for(name, tmp_path)
    runtime: Any = runtime_of(name)
    if name.endswith("tensorrt"):
        runtime.build(job_for(name), artefact, print)
    for switches in (Switches(graph=False), Switches(graph=False, copies="out", spins=True)):
        with runtime.open(job_for(name, options=switches.options), artefact, {}, 1) as session:
            session.infer()

            assert session.outputs()[0].tolist() == (staged(job_for(name), {})["input"] * 2).tolist()
            assert f"operators on {runtime.provider}" in session.inside_infer


def test_the_profile_that_is_kept_among_the_tests_is_refused_too() -> None:
    """That of another machine's session."""
    path = Path(__file__).parents[2] / "data" / "imports" / "onnxruntime-1.31-profile.json"
    assert json.loads(path.read_text())
    with path.open() as lines, pytest.raises(RuntimeUnavailable, match="ran on the cpu: Conv y_nchwc"):
        expect_on(CUDA, rows_of(lines, 1))
