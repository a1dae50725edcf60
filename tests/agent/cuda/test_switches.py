"""The switches that decide what a sample holds, as they travel in a job."""

from __future__ import annotations

import pytest

from edgeprof.agent.cuda.switches import Switches, like_trtexec, switches_of
from edgeprof.agent.trt.order import order_of
from edgeprof.core.errors import ConfigError, RuntimeUnavailable
from edgeprof.core.job import Job, Tensor


def a_job(switches: Switches) -> Job:
    inputs = (Tensor("x", (4, 3, 8, 8), "float32"),)
    return Job("m", "ab" * 32, "onnx", inputs, "tensorrt", "fp16", options=switches.options)


def test_where_nobody_says_a_sample_holds_what_a_camera_pipeline_does() -> None:
    assert switches_of(()) == Switches(copies="in", graph=True, spins=False)
    assert Switches().options == (("copies", "in"), ("graph", "yes"), ("spins", "no"))
    assert Switches().words("one CUDA graph") == (
        "inputs copied to the card and outputs back, one CUDA graph, a blocking wait"
    )


@pytest.mark.parametrize(
    "switches",
    [
        Switches(),
        Switches(copies="mapped", graph=False, spins=True),
        Switches(gpu="1", dla=0, gpu_fallback=True),
        Switches(builds=3, build=2),
    ],
)
def test_they_come_out_of_a_job_as_they_went_in(switches: Switches) -> None:
    assert switches_of(switches.options) == switches


@pytest.mark.parametrize("option", [("streams", "2"), ("copies", "maybe"), ("graph", "true"), ("dla", "one")])
def test_what_no_switch_takes_is_refused(option: tuple[str, str]) -> None:
    with pytest.raises(RuntimeUnavailable, match=option[0]):
        switches_of((option,))


@pytest.mark.parametrize(
    ("version", "copies", "graph", "spins"),
    [
        ("tensorrt 8.5.2.2", "in", False, False),
        ("tensorrt 10.16.2", "in", False, False),
        ("tensorrt 11.1.0", "out", True, True),
    ],
)
def test_trtexec_has_other_defaults_from_11_on(version: str, copies: str, graph: bool, spins: bool) -> None:
    assert like_trtexec(version) == Switches(copies=copies, graph=graph, spins=spins)


def test_rtx_comes_without_trtexec() -> None:
    with pytest.raises(ConfigError, match=r"trtexec does not come with tensorrt_rtx_bindings 1.7"):
        like_trtexec("tensorrt_rtx_bindings 1.7.1.116")


def test_a_plan_is_built_for_the_jobs_own_shapes_and_the_build_that_is_meant() -> None:
    order = order_of(a_job(Switches(builds=2, build=1, dla=0)), Switches(builds=2, build=1, dla=0))

    assert order.precision == "fp16"
    assert order.bound == (("x", (4, 3, 8, 8)),)
    assert (order.number, order.dla, order.gpu_fallback) == (1, 0, False)


def test_how_it_is_run_is_no_part_of_the_plan() -> None:
    job = a_job(Switches())

    assert order_of(job, Switches(copies="out", graph=False, spins=True)) == order_of(job, Switches())


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("copies", "most", "it takes in, out, mapped"),
        ("graph", "maybe", "it takes yes or no"),
        ("dla", "x", "it takes a number"),
    ],
)
def test_what_an_option_does_not_take_is_refused_with_what_it_takes(name: str, text: str, hint: str) -> None:
    with pytest.raises(RuntimeUnavailable) as raised:
        switches_of([(name, text)])

    assert raised.value.hint == hint
