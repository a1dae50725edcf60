"""Whatever a file holds, it is times or a mistake that can be told: nothing else comes out of a reader."""

from __future__ import annotations

import json
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.errors import ConfigError
from edgeprof.store.imports import TOOLS
from edgeprof.store.imports.times import Source

from . import written

REAL = {
    "trtexec": [written.trtexec([0.01, 0.02, 0.03]).encode()],
    "ort": [
        written.perf_test([0.01, 0.02, 0.03]).encode(),
        (written.DATA / "onnxruntime-1.31-profile.json").read_bytes(),
    ],
    "benchmark_app": [(written.DATA / f"benchmark_app-2026.4.{kind}").read_bytes() for kind in ("csv", "json")],
}
NAMES = ["latencyMs", "h2dMs", "computeMs", "d2hMs", "name", "dur", "args", "cat", "execution_results", "latency (ms)"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner),
    max_leaves=12,
)


def read(tool: str, content: bytes) -> None:
    try:
        times = TOOLS[tool](Source("file", content))
    except ConfigError as refused:
        told = refused
    else:
        assert times.processes
        assert all(0 < seconds <= 3600 and isfinite(seconds) for each in times.processes for seconds in each)
        assert all(len(note) < 500 for note in times.notes)
        return
    assert told.message.startswith("file")
    assert told.hint


@pytest.mark.parametrize("tool", TOOLS)
@given(content=st.binary(max_size=200))
def test_any_bytes(tool: str, content: bytes) -> None:
    read(tool, content)


@pytest.mark.parametrize("tool", TOOLS)
@given(document=JSON)
def test_any_json(tool: str, document: object) -> None:
    read(tool, json.dumps(document).encode())


@pytest.mark.parametrize(("tool", "number"), [(tool, n) for tool, files in REAL.items() for n in range(len(files))])
@given(data=st.data())
def test_real_files_with_a_piece_replaced_or_cut_off(tool: str, number: int, data: st.DataObject) -> None:
    content = REAL[tool][number]
    begin = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(begin, min(len(content), begin + 20)))
    piece = data.draw(st.sampled_from([b"", b"-", b"NaN", b"1e999", b"null", b"\x00", b'"', b",", b"9" * 30]))

    read(tool, content[:begin] + piece + content[end:])
    read(tool, content[:begin])
