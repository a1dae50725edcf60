"""What a profile decides where nobody else does."""

from __future__ import annotations

from typing import Any

import pytest

from edgeprof.agent.runtimes import RACED
from edgeprof.core.exits import Exit

BOARD = "title: a board\nkind: other\nruntimes: [{runtimes}]\nprecision: {precision}\nmemory_scope: process\n"


def write_board(repository: Any, runtimes: str, precision: str) -> None:
    repository.write(BOARD.format(runtimes=runtimes, precision=precision), "device_profiles/box.yaml")


def configure(repository: Any, more: str = "", top: str = "") -> None:
    repository.write(f"model: a\ndevice: box\n{top}devices: {{box: {{host: h, profile: box{more}}}}}\n")


def test_a_profiles_precision_comes_before_the_built_in_one_alone(repository: Any) -> None:
    """Taken away one after the other: flag, environment, device, file, the user's own devices, profile, built in."""
    write_board(repository, "onnxruntime", "bf16")
    repository.write_own_devices("box: {precision: int8}\n")

    def precision(**flags: Any) -> tuple[str, str]:
        request = repository.load(**flags)
        return request.precision, request.origins["precision"]

    configure(repository, ", precision: auto", "precision: fp16\n")
    assert precision(environ={"EDGEPROF_PRECISION": "bf16"}, precision="fp32") == ("fp32", "flag --precision")
    assert precision(environ={"EDGEPROF_PRECISION": "bf16"}) == ("bf16", "EDGEPROF_PRECISION")
    assert precision() == ("auto", "edgeprof.yaml:4 devices.box")
    configure(repository, top="precision: fp16\n")
    assert precision() == ("fp16", "edgeprof.yaml:3")
    configure(repository)
    assert precision() == ("int8", "~/.config/edgeprof/devices.yaml:1")
    repository.write_own_devices("other: {host: h}\n")
    assert precision() == ("bf16", "profile box")
    assert precision(device="local") == ("fp32", "built in")


def test_runtimes_race_in_the_profiles_order_as_far_as_they_are_there(repository: Any) -> None:
    write_board(repository, "openvino, torch, onnxruntime", "fp32")
    configure(repository)
    request = repository.load()

    assert request.raced == ("openvino", "onnxruntime")
    assert request.origins["raced"] == "profile box"
    assert (repository.load(device="local").raced, request.runtime) == (RACED, "auto")


def test_a_precision_whose_runtime_is_missing_is_not_taken_and_that_is_said(repository: Any) -> None:
    write_board(repository, "tensorrt_rtx, onnxruntime", "fp16")
    configure(repository)
    request = repository.load()

    assert (request.precision, request.origins["precision"]) == ("fp32", "built in")
    assert request.raced == ("onnxruntime",)
    (note,) = request.notes
    assert "box is made for tensorrt_rtx" in note
    assert "onnxruntime runs instead, in fp32" in note
    assert repository.load(models=("a",), device="raspberry-pi-5", host="me@pi").notes == ()


def test_a_board_with_tensorrt_races_it_in_its_own_precision(repository: Any) -> None:
    request = repository.load(models=("a",), device="agx-orin-64gb", host="me@orin")

    assert (request.precision, request.raced, request.notes) == ("fp16", ("tensorrt", "onnxruntime"), ())
    assert repository.load(models=("a",), device="agx-orin-64gb", host="me@orin", runtime="onnxruntime").precision == (
        "fp32"
    )


def test_fp16_may_be_asked_of_a_card_here(repository: Any) -> None:
    assert repository.load(models=("a",), runtime="tensorrt", precision="fp16").precision == "fp16"


def test_tensorrt_is_asked_for_fp16_unless_another_precision_is_named(repository: Any) -> None:
    assert repository.load(models=("a",), runtime="tensorrt").precision == "fp16"
    assert repository.load(models=("a",), runtime="tensorrt", precision="fp32").precision == "fp32"
    assert repository.load(models=("a",), runtime="onnxruntime").precision == "fp32"


def test_another_runtime_than_the_preferred_one_does_not_take_its_precision(repository: Any) -> None:
    write_board(repository, "onnxruntime, openvino", "bf16")
    configure(repository)

    assert repository.load(runtime="onnxruntime").precision == "bf16"
    assert repository.load(runtime="openvino").precision == "fp32"


def test_a_profile_of_nothing_that_races_leaves_nothing_to_race(repository: Any) -> None:
    write_board(repository, "torch", "fp16")
    configure(repository)
    request = repository.load()

    assert (request.raced, request.precision) == ((), "fp32")


@pytest.mark.parametrize(
    ("device", "precision"),
    [("raspberry-pi-4", "fp16"), ("raspberry-pi-4", "int8"), ("x86-cpu", "fp16"), ("xavier-nx", "bf16")],
)
def test_what_a_profile_does_not_compute_in_is_refused_early(repository: Any, device: str, precision: str) -> None:
    flags = {"models": ("a",), "device": device, "host": "me@box", "precision": precision}
    if precision == "bf16":  # a runtime may have it where the hardware does not
        assert repository.load(**flags).precision == "bf16"
        return
    error = repository.refusal(**flags)

    assert (error.exit, error.where) == (Exit.USAGE, "--precision")
    assert device in error.message


@pytest.mark.parametrize(
    ("device", "precision"), [("raspberry-pi-5", "int8"), ("agx-orin-64gb", "fp16"), ("t4", "int8")]
)
def test_what_a_profile_computes_in_may_be_asked_for(repository: Any, device: str, precision: str) -> None:
    request = repository.load(models=("a",), device=device, host="me@box", precision=precision)

    assert request.precision == precision


def test_of_an_unknown_machine_nobody_knows_what_it_computes_in(repository: Any) -> None:
    assert repository.load(models=("a",), device="me@box", precision="fp16").precision == "fp16"
    assert repository.refusal(models=("a",), precision="fp16").where == "--precision"


def test_this_machine_computes_in_what_its_profile_says(repository: Any) -> None:
    """edgeprof on the board itself."""
    request = repository.load(models=("a",), profile="agx-orin-64gb", precision="fp16")

    assert (request.machine.host, request.precision) == (None, "fp16")
