"""What a request says of the camera's frames."""

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


@pytest.mark.parametrize("flags", [{"fit": "crop"}, {"bgr": True}])
def test_a_flag_for_a_frame_that_is_not_there_is_refused(repository: Any, flags: dict[str, Any]) -> None:
    error = repository.refusal("model: a", **flags)

    assert error.where in ("--fit", "--bgr")
    assert error.hint == "add --frame uint8"
