"""What every runtime promises, held by each one that this machine has."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest

from edgeprof.agent.outputs import are_finite
from edgeprof.agent.runtimes import RUNTIMES, TORCHES, Compiling, Runtime, Session, clock_of, runtime_of, version_of
from edgeprof.core.errors import ConvertError, EdgeprofError, RuntimeUnavailable
from edgeprof.core.job import Job, Tensor

SIDE = 4
REAL = [
    pytest.param("onnxruntime"),
    pytest.param("openvino"),
    pytest.param("tensorrt", marks=[pytest.mark.trt, pytest.mark.gpu]),
    pytest.param("onnxruntime-cuda", marks=pytest.mark.gpu),
    pytest.param("onnxruntime-tensorrt", marks=pytest.mark.gpu),
    pytest.param("torch-cuda", marks=[pytest.mark.export, pytest.mark.gpu]),
    pytest.param("torch", marks=pytest.mark.export),
]
ALL = ["fake", *REAL]


def job_for(name: str, **changes: Any) -> Job:
    form = "pt2" if name in TORCHES else "fake" if name == "fake" else "onnx"
    values = {"model": "doubler", "artefact": "00", "form": form, "runtime": name, "precision": "fp32"}
    return Job(inputs=(Tensor("input", (1, SIDE), "float32"),), **{**values, **changes})  # type: ignore[arg-type]


def artefact_for(name: str, folder: Path) -> str:
    """A model that doubles its input, in the form the runtime takes."""
    if name not in ("fake", "tensorrt") and version_of(runtime_of(name)) is None:
        pytest.skip(f"{name} is not installed")
    if name == "fake":
        path = folder / "doubler.fake.json"
        path.write_text(json.dumps({"latency_ms": 7, "load_s": 0.5}))
    elif name in TORCHES:
        path = folder / "doubler.pt2"
        save_doubler(path)
    else:
        pytest.importorskip("onnx")
        path = folder / "doubler.onnx"
        path.write_bytes(doubler())
    return str(path)


def doubler() -> bytes:
    from onnx import TensorProto, helper

    node = helper.make_node("Add", ["input", "input"], ["output"])
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, SIDE]) for n in ("input", "output")]
    graph = helper.make_graph([node], "doubler", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    content: bytes = model.SerializeToString()
    return content


def save_doubler(path: Path) -> None:
    import torch

    class Doubler(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return x + x

    torch.export.save(torch.export.export(Doubler(), (torch.zeros(1, SIDE),)), path)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where plans are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@contextmanager
def opened(name: str, folder: Path, **changes: Any) -> Iterator[Session]:
    job, artefact = job_for(name, **changes), artefact_for(name, folder)
    with compiled(name, job, artefact).open(job, artefact, {}, 1) as session:
        yield session


def compiled(name: str, job: Job, artefact: str) -> Runtime:
    """The runtime, which may have had to compile the artefact first."""
    runtime = runtime_of(name)
    if isinstance(runtime, Compiling) and name != "fake":
        runtime.build(job, artefact, lambda words: None)
    return runtime


@pytest.mark.parametrize("name", ALL)
def test_it_infers_and_hands_over_finite_outputs(name: str, tmp_path: Path) -> None:
    with opened(name, tmp_path) as session:
        session.infer()
        session.infer()

        assert len(session.outputs()) == 1
        assert are_finite(session.outputs())


@pytest.mark.parametrize("name", ALL)
def test_it_says_what_it_computes_in_with_how_many_threads_and_what_a_sample_holds(name: str, tmp_path: Path) -> None:
    with opened(name, tmp_path) as session:
        assert session.precision == "fp32"
        assert session.threads == 1
        assert len(session.inside_infer) > 10


@pytest.mark.parametrize("name", REAL)
def test_it_computes_what_the_file_it_is_fed_asks_for(name: str, tmp_path: Path) -> None:
    artefact = artefact_for(name, tmp_path)
    import numpy as np

    np.save(tmp_path / "input.npy", np.arange(SIDE, dtype="float32").reshape(1, SIDE))
    with compiled(name, job_for(name), artefact).open(
        job_for(name), artefact, {"input": str(tmp_path / "input.npy")}, 1
    ) as session:
        session.infer()
        (output,) = session.outputs()

    assert np.asarray(output).tolist() == [[0.0, 2.0, 4.0, 6.0]]


@pytest.mark.parametrize("name", REAL)
def test_two_sessions_are_fed_the_same_random_input(name: str, tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with opened(name, tmp_path) as session:
            session.infer()
            seen.append(session.outputs()[0].tolist())

    assert seen[0] == seen[1]
    assert len(set(seen[0][0])) == SIDE


@pytest.mark.parametrize("name", ALL)
def test_a_file_it_cannot_read_is_refused_in_words(name: str, tmp_path: Path) -> None:
    artefact_for(name, tmp_path)
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x00not a model")

    with pytest.raises(ConvertError), compiled(name, job_for(name), str(broken)).open(
        job_for(name), str(broken), {}, 1
    ):
        pass


@pytest.mark.parametrize("name", REAL)
def test_an_input_of_another_shape_is_refused(name: str, tmp_path: Path) -> None:
    artefact = artefact_for(name, tmp_path)
    import numpy as np

    np.save(tmp_path / "input.npy", np.zeros((2, SIDE), dtype="float32"))
    fed = {"input": str(tmp_path / "input.npy")}
    runtime = compiled(name, job_for(name), artefact)
    with pytest.raises(ConvertError, match="input"), runtime.open(job_for(name), artefact, fed, 1):
        pass


@pytest.mark.parametrize("name", ["onnxruntime", pytest.param("torch", marks=pytest.mark.export)])
def test_a_precision_it_does_not_have_is_unavailable_and_never_replaced(name: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="bf16"), opened(name, tmp_path, precision="bf16"):
        pass


def test_openvino_is_set_to_the_precision_asked_for_and_read_back(tmp_path: Path) -> None:
    """Left alone it computes in bf16 where the processor has it."""
    from edgeprof.agent.host import cpu_flags

    if "bf16" not in runtime_of("openvino").precisions(cpu_flags()):
        pytest.skip("this processor has no bf16")
    with opened("openvino", tmp_path, precision="bf16") as session:
        assert session.precision == "bf16"
    with opened("openvino", tmp_path, precision="fp32") as session:
        assert session.precision == "fp32"


def test_the_fake_is_timed_by_its_own_clock_and_nothing_else_is(tmp_path: Path) -> None:
    fake = runtime_of("fake")
    clock_ns = clock_of(fake)
    with fake.open(job_for("fake"), artefact_for("fake", tmp_path), {}, 1) as session:
        loaded_ns = clock_ns()
        session.infer()

        assert (loaded_ns, clock_ns() - loaded_ns) == (500_000_000, 7_000_000)
    assert all(clock_of(runtime_of(name)).__name__ == "perf_counter_ns" for name in RUNTIMES if name != "fake")


def test_an_unknown_runtime_lists_the_known_ones() -> None:
    with pytest.raises(EdgeprofError) as raised:
        runtime_of("tensorflow")

    assert "onnxruntime" in str(raised.value.hint)


@pytest.mark.parametrize("name", list(RUNTIMES))
def test_naming_a_runtime_does_not_import_its_library(name: str) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from edgeprof.agent.runtimes import runtime_of, version_of;"
        f"version_of(runtime_of({name!r})); print(*sorted(set(sys.modules) & {{'numpy', 'torch', {name!r}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
    )

    assert done.stdout.strip() == ""
    assert version_of(runtime_of("fake")) == "built in"
