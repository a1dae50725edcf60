"""The options that a job takes along for TensorRT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from builders import a_job

from edgeprof.agent.cuda.switches import Switches
from edgeprof.config import load_request
from edgeprof.core.errors import ConfigError
from edgeprof.core.job import Job
from edgeprof.workflow.device import Device, FoundRuntime
from edgeprof.workflow.running import of_process, options_for


def options(folder: Path, version: str = "tensorrt 10.3.0", **flags: Any) -> dict[str, str]:
    runtime = flags.get("runtime", "tensorrt")
    found = FoundRuntime("tensorrt", version, ("fp16",), "")
    device = Device("gpu", None, None, {}, (found,), "")  # type: ignore[arg-type]
    request = load_request({"models": ("a",), "runtime": "tensorrt", **flags}, cwd=folder, environ={})
    return dict(options_for(request, device, runtime))


def test_the_three_switches_that_change_a_sample_are_always_recorded(tmp_path: Path) -> None:
    assert options(tmp_path) == {"copies": "in", "graph": "yes", "spins": "no"}


def test_trtexecs_are_those_of_its_version_and_a_flag_comes_before_them(tmp_path: Path) -> None:
    assert options(tmp_path, like="trtexec") == {"copies": "in", "graph": "no", "spins": "no"}
    assert options(tmp_path, "tensorrt 11.1.0", like="trtexec", copies="in") == {
        "copies": "in",
        "graph": "yes",
        "spins": "yes",
    }
    with pytest.raises(ConfigError, match="trtexec does not come with"):
        options(tmp_path, "tensorrt_rtx_bindings 1.7.1.116", like="trtexec")


def test_the_card_that_was_named_is_the_one_that_is_opened(tmp_path: Path) -> None:
    assert options(tmp_path, device="gpu:1")["gpu"] == "1"
    assert options(tmp_path, device="cuda:0")["gpu"] == "0"
    assert options(tmp_path, gpu="GPU-8f6c")["gpu"] == "GPU-8f6c"
    assert "gpu" not in options(tmp_path, device="gpu")


@pytest.mark.parametrize("runtime", ["onnxruntime-cuda", "onnxruntime-tensorrt", "torch-cuda"])
def test_other_runtimes_on_a_card_make_a_graph_only_where_they_can_and_are_asked(tmp_path: Path, runtime: str) -> None:
    usual = {"copies": "in", "graph": "no", "spins": "no"}
    of_device = tmp_path / "edgeprof.yaml"
    of_device.write_text("model: a\ndevices: {mine: {host: me@box, graph: true}}\n")

    assert options(tmp_path, runtime=runtime) == usual
    assert options(tmp_path, runtime=runtime, copies="out", wait="spin", device="gpu:1") == {
        "copies": "out",
        "graph": "no",
        "spins": "yes",
        "gpu": "1",
    }
    asked = options(tmp_path, runtime=runtime, device="mine")["graph"]
    assert asked == ("yes" if runtime == "torch-cuda" else "no")


def test_torch_is_compiled_where_that_is_asked_for(tmp_path: Path) -> None:
    assert options(tmp_path, runtime="torch-cuda", compile=True)["compile"] == "yes"


def test_on_the_cpu_there_are_none(tmp_path: Path) -> None:
    assert options(tmp_path, runtime="onnxruntime") == {}


def test_several_builds_take_turns_and_all_else_stays() -> None:
    job = a_job(runtime="tensorrt", options=Switches(builds=2).options)
    seen = [of_process(job, number) for number in range(4)]

    assert [dict(each.options).get("build", "0") for each in seen] == ["0", "1", "0", "1"]
    assert seen[0] == job


@pytest.mark.parametrize("job", [a_job(), a_job(runtime="tensorrt", options=Switches().options)])
def test_with_one_build_every_process_gets_the_same_job(job: Job) -> None:
    assert of_process(job, 2) is job
