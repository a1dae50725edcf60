"""The switches of a plan: what was asked for, and what would change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from edgeprof.config.running import Running, options_say


def running(repository: Any, **flags: Any) -> Running:
    asked: Running = repository.load(models=("a",), runtime="tensorrt", **flags).running
    return asked


def test_where_nobody_says_nothing_is_said(repository: Any) -> None:
    assert running(repository) == Running()
    assert options_say(Running()) == {}


def test_each_switch_arrives_under_its_own_name(repository: Any) -> None:
    asked = running(repository, copies="mapped", graph=False, wait="spin", dla=0, gpu_fallback=True, builds=3)

    assert options_say(asked) == {
        "copies": "mapped",
        "graph": False,
        "spins": True,
        "dla": 0,
        "gpu_fallback": True,
        "builds": 3,
    }


def test_a_device_may_have_its_own(repository: Any) -> None:
    repository.write("model: a\ndevices: {orin: {host: me@orin, copies: mapped, graph: false}}\n")
    request = repository.load(device="orin")

    assert (request.running.copies, request.running.graph) == ("mapped", False)
    assert request.origins["copies"] == "edgeprof.yaml:2 devices.orin"


def test_a_dry_run_tells_what_a_tool_decides(repository: Any) -> None:
    texts = running(repository, like="trtexec", copies="in").texts()

    assert (texts["copies"], texts["graph"], texts["wait"]) == ("in", "as trtexec does", "as trtexec does")
    assert (Running().texts()["graph"], Running(graph=False).texts()["graph"]) == ("yes", "no")


@pytest.mark.parametrize(
    ("flags", "where"),
    [
        ({"runtime": "onnxruntime", "copies": "out"}, "--copies"),
        ({"runtime": "openvino", "like": "trtexec"}, "--like"),
        ({"runtime": "auto", "copies": "out"}, "--copies"),  # on a processor nothing that is raced has plans
        ({"gpu_fallback": True}, "--gpu-fallback"),
        ({"builds": 4}, "--builds"),
        ({"copies": "some"}, "--copies"),
        ({"wait": "sleep"}, "--wait"),
        ({"dla": -1}, "--dla"),
    ],
)
def test_what_would_change_nothing_or_means_nothing_is_refused(
    repository: Any, flags: dict[str, Any], where: str
) -> None:
    assert repository.refusal(**{"models": ("a",), "runtime": "tensorrt", **flags}).where == where
