"""ONNX Runtime's trace, line by line."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest

from edgeprof.agent.runtimes.ort_trace import rows_of
from edgeprof.core.errors import RuntimeUnavailable

FRAME_END = {"cat": "Session", "name": "model_run", "dur": 900, "ts": 0}


def operator(name: str, micros: int, kind: str = "Conv", **told: Any) -> Dict[str, Any]:
    args = {"op_name": kind, "node_index": "1", "thread_scheduling_stats": {"much": "more"}, **told}
    return {"cat": "Node", "name": f"{name}_kernel_time", "dur": micros, "ts": 0, "args": args}


def lines(*events: Dict[str, Any]) -> List[str]:
    """As it writes them: an array, an event a line."""
    return ["[\n", *(json.dumps(event) + ",\n" for event in events[:-1]), json.dumps(events[-1]) + "\n", "]\n"]


def test_only_the_last_frames_count() -> None:
    events = [event for micros in (500, 20, 30) for event in (operator("a", micros), FRAME_END)]
    ((name, seconds, _),) = rows_of(lines(*events), 2)

    assert (name, seconds) == ("a", [20e-6, 30e-6])


def test_what_a_frame_runs_twice_is_summed() -> None:
    ((_, seconds, _),) = rows_of(lines(operator("a", 20), operator("a", 30), FRAME_END), 1)

    assert seconds == [50e-6]


def test_two_operators_of_one_name_stay_two() -> None:
    rows = rows_of(lines(operator("a", 20), operator("a", 30, node_index="2"), FRAME_END), 1)

    assert [seconds for _, seconds, _ in rows] == [[20e-6], [30e-6]]


def test_what_holds_a_body_is_left_out_since_the_body_is_told() -> None:
    rows = rows_of(lines(operator("inside", 20), operator("around", 25, "Loop"), FRAME_END), 1)

    assert [name for name, _, _ in rows] == ["inside"]


def test_other_events_and_what_no_row_needs_are_left_out() -> None:
    fence = {**operator("a", 9), "name": "a_fence_before"}
    ((_, _, told),) = rows_of(lines(fence, operator("a", 20, output_size="64"), FRAME_END), 1)

    assert told == {"op_name": "Conv", "node_index": "1", "output_size": "64"}


def test_a_frame_that_did_not_end_is_none() -> None:
    ((_, seconds, _),) = rows_of(lines(operator("a", 20), FRAME_END, operator("a", 7)), 1)

    assert seconds == [20e-6]


@pytest.mark.parametrize(("ended", "said", "hint"), [(7, "after 4 of 5", "--frames 2"), (2, "after 0 of 5", "space")])
def test_a_profile_that_ends_before_the_frames_is_refused_and_not_filled_up(ended: int, said: str, hint: str) -> None:
    written = lines(*[event for _ in range(ended) for event in (operator("a", 20), FRAME_END)])
    with pytest.raises(RuntimeUnavailable, match=said) as raised:
        rows_of(written, 5, warmed=3)

    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize("name", ['a"b', "C:\\x", 'a"model_run"b', "a\tb", '", "args" : {'])
def test_a_name_that_an_older_onnxruntime_writes_as_it_is_is_read(name: str) -> None:
    written = '{"cat" : "Node","dur" :20,"ts" :1,"ph" : "X","name" :"%s_kernel_time","args" : {"op_name" : "Mul"}},\n'
    ((told, seconds, _),) = rows_of(["[\n", written % name, *lines(FRAME_END)[1:]], 1)

    assert (told, seconds) == (name, [20e-6])


def test_a_line_that_cannot_be_read_is_refused_and_hides_no_operator() -> None:
    broken = ['{"cat" : "Node","dur" :20,"name" :"a\n', 'b_kernel_time","args" : {"op_name" : "Mul"}},\n']
    with pytest.raises(RuntimeUnavailable, match="b_kernel_time") as raised:
        rows_of([*lines(operator("a", 20)), *broken, *lines(FRAME_END)], 1)

    assert "line breaks" in (raised.value.hint or "")
