"""From a request to a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeprof.config import Request, load_request
from edgeprof.core.artefact import Artefact
from edgeprof.core.job import Tensor
from edgeprof.workflow.prepare import _batch


@pytest.fixture
def request_of_two(tmp_path: Path) -> Request:
    return load_request({"models": ("x.onnx",), "batch": 2}, cwd=tmp_path, environ={})


@pytest.mark.parametrize(
    ("shapes", "frames"),
    [
        ([(4, 3, 224, 224)], 4),
        ([(2,), (4, 3, 224, 224)], 4),
        ([(1080, 1920, 3)], 2),
        ([(300, 4)], 2),
        ([()], 2),
    ],
    ids=str,
)
def test_only_an_images_rows_are_frames(request_of_two, shapes, frames):
    inputs = tuple(Tensor(f"x{i}", shape, "float32") for i, shape in enumerate(shapes))
    artefact = Artefact("x.onnx", "onnx", "onnx", "x.onnx", "00", 1, "fp32", inputs, ())
    assert _batch(request_of_two, artefact) == frames
