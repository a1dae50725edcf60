from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("modle: a", 'edgeprof.yaml:1: unknown key "modle"', 'did you mean "model"?'),
        ("model: a\nres: 1080", 'edgeprof.yaml:2: unknown key "res"', 'put it under "input"'),
        ("model: a\np99_ms: 3", 'edgeprof.yaml:2: unknown key "p99_ms"', 'put it under "budget"'),
        ("input: {runtime: torch}", 'edgeprof.yaml:1: unknown key "runtime" in input', "put it at the top of the file"),
        ("sampling:\n  process: 3", 'edgeprof.yaml:2: unknown key "process" in sampling', 'did you mean "processes"?'),
        (
            "devices:\n  orin:\n    precison: fp16",
            'edgeprof.yaml:3: unknown key "precison" in orin',
            'did you mean "precision"?',
        ),
        (
            "devices:\n  orin:\n    require: {powermode: 3}",
            'edgeprof.yaml:3: unknown key "powermode" in require',
            'did you mean "power_mode"?',
        ),
        ("version: 2", "edgeprof.yaml:1: version is 2, this edgeprof reads 1", "upgrade edgeprof"),
        ("version: one", 'edgeprof.yaml:1: version is "one", expected 1', None),
        ("version: true", "edgeprof.yaml:1: version is true, expected 1", None),
        (
            "model: 18",
            "edgeprof.yaml:1: model is 18, expected text",
            "a name; one like a number needs quotes",
        ),
        (
            "sampling: {max_duration_s: 300s}",
            'edgeprof.yaml:1: max_duration_s is "300s", expected a number of seconds above 0',
            "write 300; the key already says s",
        ),
        (
            "sampling: {max_duration_s: 0}",
            "edgeprof.yaml:1: max_duration_s is 0, expected a number of seconds above 0",
            None,
        ),
        ("sampling: {quick: 1}", "edgeprof.yaml:1: quick is 1, expected true or false", None),
        ("sampling: {quick: yes}", 'edgeprof.yaml:1: quick is "yes", expected true or false', None),
        ("input:\nmodel: a", "edgeprof.yaml:1: input is empty, expected keys with values", None),
        ("candidates: a", 'edgeprof.yaml:1: candidates is "a", expected a list', None),
        (
            "candidates:\n- a\n- 3",
            "edgeprof.yaml:3: candidates[1] is 3, expected text",
            "a name; one like a number needs quotes",
        ),
        ("devices: [orin]", "edgeprof.yaml:1: devices is a list, expected keys with values", None),
        ("devices:\n  orin:", "edgeprof.yaml:2: orin is empty, expected keys with values", None),
        ("devices: {orin: {budget: {}}}", "edgeprof.yaml:1: the budget is empty", None),
        (
            "devices: {orin: {require: {clocks_locked: locked}}}",
            'edgeprof.yaml:1: clocks_locked is "locked", expected true or false',
            None,
        ),
        (
            "input: {shapes: {x: 1x-3}}",
            'edgeprof.yaml:1: x is "1x-3", expected a shape such as 1x3x224x224',
            None,
        ),
        ("input:\n  res: 3x", None, "write 1080, 720p, 4k, 224, 1920x1080 (width x height), 1x3x1080x1920 or native"),
    ],
)
def test_a_mistake_is_told_by_file_line_and_key(
    repository: Any, text: str, message: str | None, hint: str | None
) -> None:
    error = repository.refusal(text)

    if message is not None:
        assert str(error) == message
    assert error.where.startswith("edgeprof.yaml:")
    if hint is not None:
        assert error.hint == hint


def test_a_mistake_in_the_users_devices_is_told_by_its_place(repository: Any) -> None:
    repository.write_own_devices("box:\n  thread: 5\n")

    error = repository.refusal("model: a")

    assert str(error) == '~/.config/edgeprof/devices.yaml:2: unknown key "thread" in box'


def test_a_configured_file_that_is_missing_is_told_by_its_place(repository: Any) -> None:
    error = repository.refusal("model: a\ninput:\n  files:\n    x: nope.npy\n")

    assert str(error) == 'edgeprof.yaml:4: input is "nope.npy", which is not a file'
    assert repository.refusal("model: a\nweights: nope.pt").where == "edgeprof.yaml:2"


def test_a_precision_the_workstation_lacks_is_refused_only_there(repository: Any) -> None:
    repository.write("model: a\nprecision: fp16\n")

    assert repository.load(device="me@orin").precision == "fp16"
    assert repository.refusal(device="cpu").where == "edgeprof.yaml:2"
