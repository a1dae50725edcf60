"""What a request says of what goes into the model: camera frames, batch, and which outputs are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from edgeprof.core.resolution import NATIVE, Resolution


def test_a_frame_with_what_becomes_of_it_comes_from_the_file_or_from_flags(repository: Any) -> None:
    repository.write("model: a\ninput: {frame: 'uint8:1920x1080', fit: crop, bgr: true}\n")

    request = repository.load()
    assert (request.frame, request.fit, request.bgr) == (Resolution(1080, 1920), "crop", True)
    request = repository.load(frame="uint8", bgr=False, environ={"EDGEPROF_FIT": "resize"})
    assert (request.frame, request.fit, request.bgr) == (NATIVE, "resize", False)
    assert [line for line in request.lines() if line[0] in ("frame", "fit", "bgr")] == [
        ("frame", "uint8, as large as the network's input", "flag --frame"),
        ("fit", "resize", "EDGEPROF_FIT"),
        ("bgr", "no", "flag --bgr"),
    ]


@pytest.mark.parametrize(
    ("flags", "hint"),
    [
        ({"fit": "crop"}, "add --res 1080, or --frame uint8:1920x1080"),
        ({"bgr": True}, "add --frame uint8"),
        ({"bgr": True, "res": "1080"}, "add --frame uint8"),
    ],
)
def test_a_flag_for_an_image_that_is_not_there_is_refused(repository: Any, flags: dict[str, Any], hint: str) -> None:
    error = repository.refusal("model: a", **flags)

    assert error.where in ("--fit", "--bgr")
    assert error.hint == hint


def test_a_size_of_ones_own_may_be_fitted_without_a_frame(repository: Any) -> None:
    repository.write("model: a\ninput: {fit: crop}\n")

    assert repository.load().fit == "crop"
    assert repository.load(res="1080", fit="resize").fit == "resize"


@pytest.mark.parametrize(
    ("written", "rows", "is_dynamic", "shown"),
    [
        ("4", 4, False, "4"),
        ("dynamic", 1, True, "dynamic, 1 at a time here"),
        ("Dynamic:8", 8, True, "dynamic, 8 at a time here"),
    ],
)
def test_a_batch_is_a_number_or_open(repository: Any, written: str, rows: int, *, is_dynamic: bool, shown: str) -> None:
    repository.write(f"model: a\ninput: {{batch: {written}}}\n")

    for request in (
        repository.load(),
        repository.load(batch=written),
        repository.load(environ={"EDGEPROF_BATCH": written}),
    ):
        assert (request.batch, request.is_dynamic) == (rows, is_dynamic)
        assert ("batch", shown) in [(key, text) for key, text, _ in request.lines()]


@pytest.mark.parametrize("written", ["dynamic:", "dynamic:0", "dynamic:x", "open", "0", "-1", "4:dynamic", "1.5"])
def test_what_is_no_batch_is_refused(repository: Any, written: str) -> None:
    error = repository.refusal("model: a", batch=written)

    assert error.where == "--batch"
    assert "whole number from 1, or dynamic" in error.message


def test_feature_maps_are_asked_for_by_flag_or_file(repository: Any) -> None:
    repository.write("model: a\ninput: {features: true}\n")

    assert repository.load().features
    assert not repository.load(features=False).features
    assert not repository.load(models=("b",), environ={"EDGEPROF_FEATURES": "no"}).features
