"""`edgeprof schema` prints what an editor can use."""

from __future__ import annotations

import json


def test_the_schema_is_valid_and_holds_for_what_the_command_takes(shell):
    from jsonschema import Draft202012Validator

    ended = shell("schema")
    assert ended.code == 0
    schema = json.loads(ended.out)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid({"version": 1, "model": "resnet50", "budget": {"p99_ms": 33.3}})
    assert not validator.is_valid({"version": 1, "modle": "resnet50"})
    assert not validator.is_valid({"version": 1, "budget": {"p99_ms": "33ms"}})


def test_what_has_no_schema_is_a_usage_error(shell):
    ended = shell("schema", "nothing")

    assert ended.code == 2
    assert "request, dry-run" in ended.err
