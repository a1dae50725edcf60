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
    assert options_say(Running(), "tensorrt") == {}


def test_each_switch_arrives_under_its_own_name(repository: Any) -> None:
    asked = running(repository, copies="mapped", graph=False, wait="spin", dla=0, gpu_fallback=True, builds=3)

    assert options_say(asked, "tensorrt") == {
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
    texts = running(repository, like="trtexec", copies="in").texts("tensorrt")

    assert (texts["copies"], texts["graph"], texts["wait"]) == ("in", "as trtexec does", "as trtexec does")
    seen = [made.texts(name)["graph"] for made in (Running(), Running(graph=False)) for name in ("auto", "torch-cuda")]
    assert seen == ["yes", "no", "no", "no"]


@pytest.mark.parametrize(
    ("flags", "where"),
    [
        ({"runtime": "onnxruntime", "copies": "out"}, "--copies"),
        ({"runtime": "openvino", "like": "trtexec"}, "--like"),
        ({"runtime": "auto", "copies": "out"}, "--copies"),  # on a processor nothing that is raced has plans
        ({"gpu_fallback": True}, "--gpu-fallback"),
        ({"builds": 4}, "--builds"),
        ({"compile": True}, "--compile"),
        ({"runtime": "onnxruntime-cuda", "graph": True}, "--graph"),
        ({"runtime": "onnxruntime-tensorrt", "builds": 2}, "--builds"),
        ({"runtime": "torch-cuda", "like": "trtexec"}, "--like"),
        ({"copies": "some"}, "--copies"),
        ({"wait": "sleep"}, "--wait"),
        ({"dla": -1}, "--dla"),
    ],
)
def test_what_would_change_nothing_or_means_nothing_is_refused(
    repository: Any, flags: dict[str, Any], where: str
) -> None:
    assert repository.refusal(**{"models": ("a",), "runtime": "tensorrt", **flags}).where == where


@pytest.mark.parametrize("asked", ["1", "GPU-8f6c", "MIG-41b36624-0000-1111-2222-333344445555", "MIG-GPU-8f6c0000/1/0"])
def test_a_card_by_number_or_uuid_is_a_device_of_this_machine(repository: Any, asked: str) -> None:
    request = repository.load(models=("a",), gpu=asked)

    assert (request.machine.name, request.machine.host, request.running.gpu) == ("gpu", None, asked)
    assert request.raced == ("tensorrt",)
    assert request.running.texts("auto")["gpu"] == asked


def test_a_board_with_several_cards_is_asked_for_one(repository: Any) -> None:
    repository.write("model: a\ndevices: {box: {host: me@box, gpu: 1, runtime: tensorrt}}\n")
    request = repository.load(device="box")

    assert (request.machine.name, request.running.gpu) == ("box", "1")


@pytest.mark.parametrize(
    "flags",
    [
        {"gpu": "first"},
        {"gpu": "GPU-"},
        {"gpu": "-1"},
        {"gpu": "GPU-8f6c;reboot"},
        {"gpu": "1", "device": "gpu:0"},
        {"gpu": "1", "runtime": "onnxruntime", "device": "local"},
    ],
)
def test_what_is_no_card_or_one_too_many_is_refused(repository: Any, flags: dict[str, Any]) -> None:
    assert repository.refusal(**{"models": ("a",), **flags}).where == "--gpu"
