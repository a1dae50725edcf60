"""What an agent tells of layers, sound or not."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from edgeprof.core.errors import AgentError, RuntimeUnavailable
from edgeprof.core.layers import ToldLayer
from edgeprof.workflow.layers import figures_of, rows_of

ROW = {"name": "conv", "seconds": 0.002, "told": {"op_name": "Conv"}}
DONE = {"event": "done", "frames": 100, "frame_s": 0.01, "in_layers_s": 0.009, "each_frame": True}
CONV = ToldLayer("conv", 0.002, {"op_name": "Conv"})


def test_rows_and_figures_come_as_they_were_told() -> None:
    assert rows_of({"event": "layers", "rows": [ROW]}) == [CONV]
    assert figures_of(DONE, [CONV]) == {
        "frames": 100,
        "frame_s": 0.01,
        "in_layers_s": 0.009,
        "tells_each_frame": True,
    }


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"rows": 3},
        {"rows": ["conv"]},
        {"rows": [{"name": "conv"}]},
        {"rows": [{**ROW, "seconds": "long"}]},
        {"rows": [{**ROW, "seconds": -1.0}]},
        {"rows": [{**ROW, "seconds": "inf"}]},
    ],
)
def test_rows_that_are_none_are_an_error_of_the_agents(event: dict[str, Any]) -> None:
    with pytest.raises(AgentError) as raised:
        rows_of(event)

    assert raised.value.cause == "garbled"


@pytest.mark.parametrize("missing", ["frames", "frame_s", "in_layers_s", "each_frame"])
def test_figures_that_are_not_whole_are_an_error_of_the_agents(missing: str) -> None:
    with pytest.raises(AgentError):
        figures_of({key: value for key, value in DONE.items() if key != missing}, [CONV])


@pytest.mark.parametrize(
    "changed",
    [
        {"frames": inf},
        {"frames": nan},
        {"frames": 0},
        {"frame_s": "nan"},
        {"frame_s": -1.0},
        {"frame_s": inf},
        {"frame_s": 10**400},
        {"in_layers_s": "nan"},
        {"in_layers_s": -1.0},
    ],
)
def test_figures_that_cannot_be_are_an_error_of_the_agents(changed: dict[str, Any]) -> None:
    with pytest.raises(AgentError) as raised:
        figures_of({**DONE, **changed}, [CONV])

    assert raised.value.cause == "garbled"


def test_no_layer_at_all_is_no_table() -> None:
    with pytest.raises(RuntimeUnavailable, match="no layer"):
        figures_of(DONE, [])
