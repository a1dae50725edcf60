"""trtexec's times are read as it counts them, and nothing that cannot be times is."""

from __future__ import annotations

import json

import pytest

from edgeprof.core.errors import ConfigError
from edgeprof.store.imports import trtexec
from edgeprof.store.imports.times import Source

from . import written


def times_of(text: str):
    return trtexec.times_of(Source("times.json", text.encode()))


def test_latencies_come_in_order_and_in_seconds() -> None:
    times = times_of(written.trtexec([0.012, 0.011, 0.0305]))

    assert times.processes == (pytest.approx((0.012, 0.011, 0.0305)),)
    assert (times.tool, times.runtime, times.model) == ("trtexec", "tensorrt", None)
    assert "h2d 0.25 ms, compute 11.7 ms, d2h 0.05 ms" in times.notes[0]


def test_the_names_of_version_7_are_read_too() -> None:
    item = {"inMs": 0.3, "computeMs": 9.5, "outMs": 0.2, "latencyMs": 10.0, "endToEndMs": 19.0}

    assert times_of(json.dumps([item])).processes == (pytest.approx((0.010,)),)


def test_without_data_transfers_the_copies_take_nothing() -> None:
    item = written.inference(0.010, h2dMs=0, d2hMs=0.0, computeMs=10)

    assert times_of(json.dumps([item])).processes == (pytest.approx((0.010,)),)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"latencyMs": -10.0}, 'latencyMs of inference 2 is "-10.0"'),
        ({"latencyMs": 0}, "latencyMs of inference 2"),
        ({"latencyMs": 1e9}, "latencyMs of inference 2"),
        ({"latencyMs": "10.0"}, "latencyMs of inference 2"),
        ({"latencyMs": True}, "latencyMs of inference 2"),
        ({"latencyMs": None}, "latencyMs of inference 2"),
        ({"latencyMs": [10.0]}, "latencyMs of inference 2"),
        ({"computeMs": -1.0}, "computeMs of inference 2"),
        ({"h2dMs": "0.25"}, "h2dMs of inference 2"),
        ({"latencyMs": 5.0}, "inference 2: latencyMs is 5, and its parts make 10"),
    ],
)
def test_an_inference_that_cannot_be_is_refused(changes, words) -> None:
    items = [written.inference(0.010), written.inference(0.010, **changes)]
    with pytest.raises(ConfigError) as raised:
        times_of(json.dumps(items))

    assert words in raised.value.message
    assert "--exportTimes" in (raised.value.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "[1, 2]",
        '[{"name": "conv1", "timeMs": 3}]',
        '[{"latencyMs": 3}]',
        "[" * 100_000,
        '[{"latencyMs": NaN}]',
        '[{"latencyMs": Infinity}]',
        '[{"latencyMs": 1e999, "computeMs": 1e999, "h2dMs": 0, "d2hMs": 0}]',
        f'[{{"latencyMs": {"9" * 5000}}}]',
        written.trtexec([0.01] * 20)[:-40],
        "\udcff",
    ],
    ids=lambda text: text[:20],
)
def test_a_file_that_is_none_of_trtexecs_is_refused(text) -> None:
    with pytest.raises(ConfigError):
        trtexec.times_of(Source("times.json", text.encode("utf-8", "surrogateescape")))
