from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.config.schema import json_schema
from edgeprof.config.setting import REQUIRED, known_keys
from edgeprof.core.metric import ALIASES, METRICS, metric_of

VALIDATOR = jsonschema.Draft202012Validator(json_schema())

GOOD: list[dict[str, Any]] = [
    {},
    {"version": 1, "model": "a", "candidates": ["b"], "device": "local", "runtime": "auto", "precision": "bf16"},
    {"input": {"res": 1080, "batch": 2, "shapes": {"x": "1x3", "y": [1, 3]}, "files": {}}},
    {"input": {"frame": "uint8:1920x1080", "fit": "crop", "bgr": True}},
    {"input": {"frame": "uint8"}},
    {"input": {"batch": "dynamic:4", "features": True}},
    {"input": {"res": "1920x1080"}, "weights": "pretrained", "threads": 2},
    {"sampling": {"processes": 1, "quick": True, "max_duration_s": 1.5, "warmup": "20it"}},
    {"budget": {"p99_ms": 33.3, "p99.9_ms": {"max": 40}, "fps": {"min": 30}, "gpu_used_memory": 200, "size_mib": 9}},
    {"devices": {"orin": {"host": "a@b", "profile": "c", "budget": {"p99_ms": 2}, "require": {"jetpack": 6.1}}}},
    {"devices": {"orin": {"python": "python3.11", "power_mode": "15W", "lock_clocks": True, "threads": 2}}},
    {"devices": {"orin": {"host": "ssh://box:2222", "power_mode": 30}}, "sampling": {"cool_down": False}},
]
BAD: list[dict[str, Any]] = [
    {"modle": "a"},
    {"version": 2},
    {"model": 3},
    {"model": " "},
    {"candidates": "a"},
    {"candidates": [3]},
    {"runtime": "openvno"},
    {"precision": "fp8"},
    {"threads": 0},
    {"threads": "two"},
    {"threads": True},
    {"input": {"res": 1.5}},
    {"input": {"res": 1080, "p99_ms": 3}},
    {"input": {"batch": 1.5}},
    {"input": {"batch": "dynamic:0"}},
    {"input": {"batch": "open"}},
    {"input": {"features": "yes"}},
    {"input": {"frame": "float32"}},
    {"input": {"frame": True}},
    {"input": {"fit": "stretch"}},
    {"input": {"bgr": "yes"}},
    {"input": {"shapes": {"x": []}}},
    {"input": {"files": {"x": 3}}},
    {"sampling": {"max_duration_s": "300s"}},
    {"sampling": {"max_duration_s": 0}},
    {"sampling": {"quick": "yes"}},
    {"sampling": {"warmup": 200}},
    {"budget": {}},
    {"budget": None},
    {"budget": {"p99": 3}},
    {"budget": {"p100_ms": 3}},
    {"budget": {"p99_ms": "33ms"}},
    {"budget": {"p99_ms": -1}},
    {"budget": {"p99_ms": {"min": 3}}},
    {"budget": {"p99_ms": {"min": 3, "max": 4}}},
    {"budget": {"p99_ms": {}}},
    {"budget": {"fps": {"max": 3}}},
    {"devices": {"orin": None}},
    {"devices": {"orin": {"model": "a"}}},
    {"devices": {"orin": {"host": "-oProxyCommand=x"}}},
    {"devices": {"orin": {"host": "me@-x"}}},
    {"devices": {"orin": {"host": "me@box; reboot"}}},
    {"devices": {"orin": {"host": ""}}},
    {"devices": {"orin": {"lock_clocks": "yes"}}},
    {"host": "me@box"},
    {"devices": {"orin": {"require": {"clocks_locked": "yes"}}}},
]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads(json.dumps(json_schema())) == json_schema()


@pytest.mark.parametrize("document", GOOD, ids=str)
def test_what_the_schema_takes_the_loader_takes(repository: Any, document: dict[str, Any]) -> None:
    repository.write(json.dumps(document))

    assert VALIDATOR.is_valid(document)
    assert repository.load(models=("a",)).models == ("a",)


@pytest.mark.parametrize("document", BAD, ids=str)
def test_what_the_schema_refuses_the_loader_refuses(repository: Any, document: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(document)
    assert repository.refusal(json.dumps(document), models=("a",)).exit == 2


def test_the_schema_has_every_key_that_the_loader_knows() -> None:
    top = json_schema()["properties"]
    device = top["devices"]["additionalProperties"]["properties"]

    assert set(top) == set(known_keys(""))
    assert set(top["input"]["properties"]) == set(known_keys("input"))
    assert set(top["sampling"]["properties"]) == set(known_keys("sampling"))
    assert set(device) == set(known_keys("device"))
    assert set(device["require"]["properties"]) == {setting.key for setting in REQUIRED}
    assert set(top["budget"]["properties"]) == {*METRICS, *ALIASES}


def test_every_key_says_what_it_is() -> None:
    for section in (json_schema(), *(json_schema()["properties"][name] for name in ("input", "sampling", "budget"))):
        assert all(row.get("description") for row in section["properties"].values())


@given(st.from_regex(r"p[0-9.]{0,6}_m?s", fullmatch=True))
def test_the_schema_and_the_loader_know_the_same_percentiles(key: str) -> None:
    in_schema = VALIDATOR.is_valid({"budget": {key: 3}})

    # a pattern cannot tell p0_ms from the rest: the loader refuses it alone
    assert in_schema == (metric_of(key) is not None) or (in_schema and set(key) <= set("p0._ms"))
