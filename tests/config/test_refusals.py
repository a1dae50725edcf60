"""What is refused, and by which name; whatever a file holds, it is a request or a ConfigError."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeprof.core.errors import ConfigError, TargetError
from edgeprof.core.exits import Exit


@pytest.mark.parametrize(
    ("flags", "where", "word"),
    [
        ({"res": "1080i"}, "--res", "1080i"),
        ({"batch": 0}, "--batch", "whole number"),
        ({"batch": "9" * 5000}, "--batch", "whole number"),
        ({"threads": "two"}, "--threads", "whole number"),
        ({"runtime": "openvno"}, "--runtime", "openvino"),
        ({"precision": "fp8"}, "--precision", "bf16"),
        ({"precision": "fp16"}, "--precision", "local"),
        ({"calibration": "nowhere", "precision": "int8"}, "--calibration", "nowhere"),
        ({"weights": "nope.pt"}, "--weights", "nope.pt"),
        ({"warmup": "200"}, "--warmup", "auto"),
        ({"max_duration": "-5"}, "--max-duration", "above 0"),
        ({"max_duration": "5 weeks"}, "--max-duration", "5 weeks"),
        ({"processes": 0}, "--processes", "whole number"),
        ({"retries": -1}, "--retries", "whole number"),
        ({"allow": ("noise",)}, "--allow", "steal"),
        ({"accept": "far"}, "--accept", "near"),
        ({"lock_timeout": "soon"}, "--lock-timeout", "soon"),
        ({"device": " "}, "--device", "text"),
        ({"device": "orni"}, "--device", "orni"),
        ({"host": "-oProxyCommand=x"}, "--host", "ssh"),
        ({"profile": "orni"}, "--profile", "orni"),
        ({"power_mode": " "}, "--power-mode", "word"),
        ({"lock_clocks": "perhaps"}, "--lock-clocks", "true"),
        ({"wait_for_device": "soon"}, "--wait-for-device", "soon"),
        ({"models": ("",)}, "command line", "model"),
        ({"shape": ("1x3x224x224",)}, "--shape", "names no input"),
        ({"shape": ("x:1x-3",)}, "--shape", "x:1x-3"),
        ({"shape": ("x:1x3", "x:1x4")}, "--shape", "twice"),
        ({"input": ("x",)}, "--input", "names no file"),
        ({"input": ("=x.npy",)}, "--input", "names no input"),
        ({"input": ("x=nope.npy",)}, "--input", "nope.npy"),
    ],
)
def test_a_flag_that_cannot_be_meant_is_refused_by_its_name(
    repository: Any, flags: dict[str, Any], where: str, word: str
) -> None:
    error = repository.refusal("model: a", **flags)

    assert error.where == where
    assert word in error.message


@pytest.mark.parametrize("variable", ["RES", "BATCH", "RUNTIME", "PRECISION", "THREADS", "MAX_DURATION", "P99", "FPS"])
def test_a_variable_that_cannot_be_meant_is_refused_by_its_name(repository: Any, variable: str) -> None:
    assert repository.refusal("model: a", environ={f"EDGEPROF_{variable}": "?"}).where == f"EDGEPROF_{variable}"


def test_a_flag_that_does_not_exist_is_the_programs_mistake(repository: Any) -> None:
    with pytest.raises(TypeError, match="resolution"):
        repository.load(models=("a",), resolution="1080")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *("model: a", "model:", "version: 1", "version: x", "threads: 0x2", "threads: []", "device: orin"),
                *("input:", "  res: 1080", "  res: 1x3x8x8", "  batch: 1e3", "  shapes: {x: 1x3}", "  files: {x: y}"),
                *("sampling:", "  processes: 2", "  warmup: 2s", "  quick: true", "  max_duration_s: .nan"),
                *("budget:", "  p99_ms: 3", "  p99_ms: {max: 3}", "  fps: {min: 3}", "  p50_ms: 1e308", "  fps: -1"),
                *("devices:", "  orin:", "    precision: fp16", "    budget: {p99_ms: 2}", "    require: {jetpack: 6}"),
                *("    host: me@orin", "    host: -x", "    profile: t4", "    profile: orin", "    lock_clocks: true"),
                *("candidates: [a, b]", "- x", "?", "\t", "'", "é"),
            ]
        ),
        max_size=8,
    )
)
def test_any_lines_as_a_file_give_a_request_or_an_error_of_the_users(repository: Any, lines: list[str]) -> None:
    repository.write("\n".join(lines))
    try:
        request = repository.load(models=("a",))
    except ConfigError as error:
        assert error.exit is Exit.USAGE  # noqa: PT017
    except TargetError as error:
        assert error.hint  # noqa: PT017
    else:
        assert request.lines()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_as_a_file_give_a_request_or_a_config_error(repository: Any, content: bytes) -> None:
    (repository.root / "edgeprof.yaml").write_bytes(content)
    try:
        request = repository.load(models=("a",))
    except ConfigError as error:
        assert error.exit is Exit.USAGE  # noqa: PT017
    else:
        assert request.lines()
