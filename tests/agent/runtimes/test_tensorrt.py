"""TensorRT as a runtime: without a card up to the card's door, and on one all that a switch changes."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest

from agent.runtimes.test_contract import artefact_for, job_for
from edgeprof.agent.cuda.switches import Switches
from edgeprof.agent.host import runtimes
from edgeprof.agent.runtimes import (
    ON_CARDS,
    Compiling,
    Demanding,
    FromPlan,
    Marked,
    PlanNeeded,
    Runtime,
    runtime_of,
    version_of,
)
from edgeprof.agent.trt.session import TensorRtSession
from edgeprof.core.errors import ConvertError, RuntimeUnavailable

pytestmark = pytest.mark.trt

HAS_CARD = os.path.exists("/dev/nvidiactl")
without_a_card = pytest.mark.skipif(HAS_CARD, reason="here is a card")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def runtime() -> Runtime:
    return runtime_of("tensorrt")


def opened_nowhere(runtime: Runtime, folder: Path, **changes: Any) -> None:
    with runtime.open(job_for("tensorrt", **changes), artefact_for("tensorrt", folder), {}, 1):
        pass


def test_it_compiles_beforehand_and_needs_more_than_its_package(runtime: Runtime) -> None:
    assert isinstance(runtime, Compiling)
    assert isinstance(runtime, Demanding)
    assert not isinstance(runtime_of("onnxruntime"), (Compiling, Demanding))


def test_its_version_says_which_of_the_libraries_it_is(runtime: Runtime) -> None:
    from edgeprof.agent.trt.library import load

    library, _ = load()

    assert version_of(runtime) == f"{library.name} {library.version}"


@without_a_card
def test_a_machine_without_a_driver_has_the_library_and_says_what_is_missing() -> None:
    (told,) = [told for told in runtimes() if told["name"] == "tensorrt"]

    assert told["version"]
    assert "driver" in told["lack"] or "libcudart" in told["lack"]
    assert told["remedy"]
    assert all(other["lack"] is None for other in runtimes() if other["name"] not in ON_CARDS)


@without_a_card
def test_opening_and_building_without_a_driver_are_unavailable(runtime: Any, tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match=r"driver|libcudart"):
        opened_nowhere(runtime, tmp_path)
    with pytest.raises(RuntimeUnavailable, match=r"driver|libcudart"):
        runtime.build(job_for("tensorrt"), artefact_for("tensorrt", tmp_path), print)

    assert list(tmp_path.rglob("*.plan")) == []


def test_a_precision_that_no_graph_is_made_in_is_unavailable(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="bf16"):
        opened_nowhere(runtime, tmp_path, precision="bf16")


def test_what_is_no_onnx_file_is_refused(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(ConvertError, match="pt2"):
        opened_nowhere(runtime, tmp_path, form="pt2")


def test_an_option_that_it_has_not_is_unavailable(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match='no option "streams"'):
        opened_nowhere(runtime, tmp_path, options=(("streams", "2"),))


@contextmanager
def planned(runtime: Any, folder: Path, switches: Switches) -> Iterator[TensorRtSession]:
    job, artefact = job_for("tensorrt", options=switches.options), artefact_for("tensorrt", folder)
    with pytest.raises(PlanNeeded), runtime.open(job, artefact, {}, 1):
        pass
    runtime.build(job, artefact, print)
    with runtime.open(job, artefact, {}, 1) as session:
        yield session


@pytest.mark.gpu
@pytest.mark.parametrize(
    "switches",
    [
        Switches(),
        Switches(graph=False),
        Switches(copies="out"),
        Switches(copies="mapped"),
        Switches(spins=True),
        Switches(copies="mapped", graph=False, spins=True),
    ],
)
def test_whatever_the_switches_the_same_is_computed(runtime: Runtime, tmp_path: Path, switches: Switches) -> None:
    from edgeprof.agent.runtimes.inputs import staged

    with planned(runtime, tmp_path, switches) as session:
        session.infer()
        session.infer()
        (output,) = session.outputs()

        assert output.tolist() == (staged(job_for("tensorrt"), {})["input"] * 2).tolist()
        assert session.inside_infer.startswith(switches.words("")[:20])
        assert ("one CUDA graph" in session.inside_infer) == switches.graph


@pytest.mark.gpu
def test_the_devices_own_times_are_part_of_the_hosts(runtime: Runtime, tmp_path: Path) -> None:
    import time

    with planned(runtime, tmp_path, Switches()) as session:
        assert isinstance(session, Marked)
        session.infer_marked()
        begin = time.perf_counter()
        session.infer_marked()
        host_s = time.perf_counter() - begin

        parts = session.parts_s()
        assert list(parts) == ["h2d", "compute", "d2h"]
        assert all(seconds >= 0 for seconds in parts.values())
        assert 0 < sum(parts.values()) <= host_s * 1.05


@pytest.mark.gpu
def test_a_session_names_its_plan_and_what_it_takes(runtime: Runtime, tmp_path: Path) -> None:
    from edgeprof.core.files import digest_of_file

    with planned(runtime, tmp_path, Switches()) as session:
        assert isinstance(session, FromPlan)
        assert digest_of_file(session.plan_path) == session.plan_digest
        assert session.device_bytes()


@pytest.mark.gpu
def test_a_plan_that_does_not_load_is_dropped_and_needed_anew(runtime: Any, tmp_path: Path) -> None:
    with planned(runtime, tmp_path, Switches()) as session:
        path = Path(session.plan_path)
    seen = path.stat()
    os.chmod(path, 0o600)
    path.write_bytes(b"x" * seen.st_size)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    with pytest.raises(PlanNeeded, match="does not load"):
        opened_nowhere(runtime, tmp_path, options=Switches().options)
    assert not path.exists()


@pytest.mark.gpu
def test_a_card_that_is_not_there_is_unavailable(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="99"):
        opened_nowhere(runtime, tmp_path, options=Switches(gpu="99").options)
