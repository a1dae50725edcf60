"""Whatever an agent says is either an event fit for use, or none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.targets.events import event_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "line",
    [
        b"Segmentation fault",
        b"{}",
        b"[]",
        b'{"event": 7}',
        b'{"event": "samples"}',
        b'{"event": "samples", "latencies_s": []}',
        b'{"event": "samples", "latencies_s": ["0.1"]}',
        b'{"event": "samples", "latencies_s": [NaN]}',
        b'{"event": "samples", "latencies_s": [Infinity]}',
        b'{"event": "samples", "latencies_s": [-0.1]}',
        b'{"event": "samples", "latencies_s": [1e999]}',
        b'{"event": "samples", "latencies_s": [' + b"9" * 400 + b"]}",
        b'{"event": "waiting"}',
        b'{"event": "waiting", "holder": {}}',
        b'{"event": "error", "cause": "refused"}',
        b'{"event": "error", "cause": {}, "message": "x"}',
        b'{"event": "done", "files": "passwd"}',
        b'{"event": "done", "files": ["/etc/passwd"]}',
        b'{"event": "done", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"event": "done", "x": ' + b"[" * 900 + b"]" * 900 + b"}",
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_what_is_no_event_is_none(line):
    assert event_of(line) is None


def test_samples_are_taken_as_they_are():
    assert event_of(b'{"event": "samples", "latencies_s": [0.25, 1]}') == {"event": "samples", "latencies_s": [0.25, 1]}


def test_texts_are_fit_for_a_terminal():
    event = event_of(json.dumps({"event": "done", "host": {"a\x1b": ["\x07b", {"c": "\rd"}]}}).encode())

    assert event == {"event": "done", "host": {"a ": [" b", {"c": " d"}]}}


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.sampled_from(["samples", "done", "error", "waiting"]))
def test_anything_at_all_is_an_event_or_none(content, name):
    event = event_of(json.dumps({**content, "event": name}).encode())

    assert event is None or isinstance(event["event"], str)


@given(st.binary(max_size=200))
def test_noise_is_none(noise):
    assert event_of(noise) is None
