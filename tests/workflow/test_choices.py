"""Which runtime at which precision may be measured, where the preferred one runs on a card that may be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeprof.config import Request, load_request
from edgeprof.convert.sources import resolve
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.profile import Found, Profile
from edgeprof.workflow.device import Device, FoundRuntime
from edgeprof.workflow.prepare import _choices

BOARD = Profile("box", "a board", (), ("tensorrt", "onnxruntime"), "fp16", "unified")
TENSORRT = FoundRuntime("tensorrt", "tensorrt 10.3.0", ("fp16", "fp32", "int8"), "pip install tensorrt")
LACKING = FoundRuntime(
    "tensorrt", "tensorrt 10.3.0", ("fp16",), "pip install tensorrt", "there is no driver", "get one"
)
ABSENT = FoundRuntime("tensorrt", None, ("fp16",), "pip install tensorrt")
ORT = FoundRuntime("onnxruntime", "1.23.2", ("fp32", "int8"), "pip install onnxruntime")


def choices(folder: Path, *runtimes: FoundRuntime, **flags: str) -> list[tuple[str, str]]:
    asked: Request = load_request(
        {"models": ("resnet18",), "device": "box", "host": "me@box", **flags},
        cwd=folder,
        environ={},
        profiles=lambda word, base, project: Found(profile=BOARD),
    )
    device = Device("box", None, None, {}, runtimes, "")  # type: ignore[arg-type]
    return _choices(asked, resolve("resnet18"), device)


def test_where_it_can_run_the_preferred_one_does_in_the_boards_precision(tmp_path: Path) -> None:
    assert choices(tmp_path, TENSORRT, ORT) == [("tensorrt", "fp16")]


@pytest.mark.parametrize(
    ("found", "words"),
    [(LACKING, "cannot run on box: there is no driver"), (ABSENT, "tensorrt is not installed on box")],
)
def test_where_it_cannot_the_cpu_does_not_silently_take_its_place(
    tmp_path: Path, found: FoundRuntime, words: str
) -> None:
    with pytest.raises(RuntimeUnavailable, match=words) as raised:
        choices(tmp_path, found, ORT)

    assert str(raised.value.hint).endswith("or measure on the cpu: --runtime onnxruntime")


def test_named_the_cpus_runtime_is_measured_in_its_own_precision(tmp_path: Path) -> None:
    assert choices(tmp_path, LACKING, ORT, runtime="onnxruntime") == [("onnxruntime", "fp32")]


def test_one_that_lacks_a_card_does_not_race(tmp_path: Path) -> None:
    assert choices(tmp_path, LACKING, ORT, precision="fp32") == [("onnxruntime", "fp32")]
    assert choices(tmp_path, TENSORRT, ORT, precision="fp32") == [("tensorrt", "fp32"), ("onnxruntime", "fp32")]


def test_where_only_such_a_one_is_there_it_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="there is no driver"):
        choices(tmp_path, LACKING, FoundRuntime("onnxruntime", None, (), ""))
