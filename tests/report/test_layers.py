"""What each layer takes, as people and programs read it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from builders import MIB, a_job, a_measurement, a_process

from edgeprof.core.layers import Layer, Profiled
from edgeprof.core.measurement import Segments
from edgeprof.report import layers, layers_json
from edgeprof.report.lines import plain

STEM = Layer("stem_nchwc", "Conv", 0.003, "fp32", MIB, None, ("node_Conv_1", "node_relu"), "conv_stem")
THIN = Layer("thin", "Conv", 0.005, "fp32", None, "depthwise", ("node_Conv_2",), "blocks.0.conv_dw")
MOVE = Layer("ReorderOutput_3", "ReorderOutput", 0.001, "fp32", MIB // 2, "reformat")
SUM = Layer("node_add", "Add", 0.0005)


def profiled(*rows: Layer, **changes: Any) -> Profiled:
    """10 ms without the profiler, 10.4 with it, of which 9.6 are in layers."""
    measurement = a_measurement(a_process([0.010] * 100))
    made = Profiled(measurement, rows or (STEM, THIN, MOVE, SUM), 50, 0.0104, 0.0096, tells_each_frame=True)
    return replace(made, **changes)


def text(of: Profiled, **how: Any) -> str:
    return plain(layers.render(of, width=140, **how))


def rows(of: Profiled, **how: Any) -> list[list[str]]:
    """The cells of the table, without its header."""
    return [line.split() for line in plain(layers.render_rows_alone(of, width=100, **how)).splitlines()[1:]]


def test_the_sum_is_held_against_the_latency_and_both_are_told() -> None:
    said = text(profiled())

    assert "10 ms p50 of 100 samples, in a process without the profiler" in said
    assert "9.5 ms, the sum of 4 layers: 5.0 % less than the latency" in said
    assert "10.4 ms p50 of 50 frames with the profiler, 9.6 ms of it in layers: 4.0 % more than the latency" in said


def test_the_slowest_comes_first_with_its_share() -> None:
    assert [(row[0], row[1]) for row in rows(profiled())] == [
        ("5.000", "53"),
        ("3.000", "32"),
        ("1.000", "11"),
        ("0.500", "5.3"),
    ]


def test_a_layer_is_named_by_its_node_and_where_it_is_in_the_source_else_by_the_runtime() -> None:
    said = text(profiled())

    assert "node_Conv_2 (blocks.0.conv_dw)" in said
    assert "ReorderOutput_3" in said


def test_depthwise_and_reformat_layers_are_called_out() -> None:
    said = text(profiled())

    assert "Conv, depthwise" in said
    assert "1 layer, 5 ms, 53 % of the layers' time" in said
    assert "1 layer, 1 ms, 11 % of the layers' time" in said
    assert "ReorderOutput, reformat" in said


def test_without_any_of_them_none_is_said() -> None:
    assert text(profiled(STEM)).count(" none\n") == 2


def test_a_memory_that_nobody_told_is_blank_and_a_column_of_them_is_left_out() -> None:
    header, thin, stem, *_ = plain(layers.render_rows_alone(profiled(), width=100)).splitlines()

    assert "MiB" in header
    assert "1.000" in stem
    assert thin[header.index("MiB") - 2 : header.index("MiB") + 3].strip() == ""
    assert "MiB" not in plain(layers.render_rows_alone(profiled(THIN, SUM), width=100))


def test_so_many_as_asked_are_shown_and_what_the_others_take_is_said() -> None:
    said = plain(layers.render_rows_alone(profiled(), top=2, width=100)).splitlines()

    assert len(said) == 4
    assert said[-1] == "  and 2 more layers, 1.5 ms, 16 %"


def test_totals_by_type_count_depthwise_convolutions_apart() -> None:
    found = rows(profiled(STEM, replace(STEM, name="b"), THIN), by_type=True)

    assert [" ".join(row) for row in found] == ["6.000 55 % 2 2.000 Conv", "5.000 45 % 1 Conv, depthwise"]


def test_averages_are_not_called_p50() -> None:
    told = profiled(tells_each_frame=False)

    assert "mean ms" in text(told)
    assert "p50 ms" not in text(told)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frame_s": 0.02, "in_layers_s": 0.0196}, "the shares hold better than the times"),
        ({"frame_s": 0.0122, "in_layers_s": 0.0121}, "every frame has a few that are disturbed"),
        ({"in_layers_s": 0.008}, "2.4 ms of a profiled frame lie in no layer"),
        ({"frame_s": 0.0105, "in_layers_s": 0.0125}, "some run beside each other"),
    ],
)
def test_a_gap_is_explained_by_what_the_frames_show(changes: dict[str, float], words: str) -> None:
    assert words in " ".join(layers.notes_of(profiled(**changes)))
    assert words not in " ".join(layers.notes_of(profiled()))


def test_a_latency_that_was_never_steady_is_said_to_be_so() -> None:
    unsteady = profiled(measurement=a_measurement(a_process([0.010] * 100, steady=False)))

    assert "never became steady" in text(unsteady)
    assert "never became steady" not in text(profiled())


def test_a_cards_copies_are_said_to_be_no_layers() -> None:
    segments = Segments(10, 0.0101, {"h2d": 0.002, "compute": 0.007, "d2h": 0.001}, 0.0001)
    measurement = a_measurement(a_process([0.010] * 100, segments=segments), job=a_job(runtime="tensorrt"))

    assert "3 ms of the latency are copies" in text(profiled(measurement=measurement))


def test_what_a_runtime_calls_a_layer_cannot_garble_the_terminal() -> None:
    assert "\x1b" not in text(profiled(replace(MOVE, name="a\x1b[31mb")))


def test_a_model_of_no_time_at_all_divides_by_nothing() -> None:
    assert "0.0 %" in text(profiled(replace(SUM, seconds=0.0)))


def test_the_document_holds_what_its_schema_says() -> None:
    from jsonschema import Draft202012Validator

    written = json.loads(layers_json.document(profiled(), "0.1.0"))
    schema = layers_json.json_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(written)

    assert (written["latency_s"], written["sum_s"], written["gap_share"]) == pytest.approx((0.010, 0.0095, -0.05))
    assert [row["p50_s"] for row in written["layers"]] == [0.005, 0.003, 0.001, 0.0005]
    assert written["layers"][1]["nodes"] == ["node_Conv_1", "node_relu"]
    assert written["layers"][3]["memory_bytes"] is None
    assert {total["type"]: total["layers"] for total in written["types"]}["Conv, depthwise"] == 1
    assert sum(row["share"] for row in written["layers"]) == pytest.approx(1)


def test_the_schema_refuses_a_row_without_its_time() -> None:
    from jsonschema import Draft202012Validator

    written = json.loads(layers_json.document(profiled(), "0.1.0"))
    del written["layers"][0]["p50_s"]

    assert not Draft202012Validator(layers_json.json_schema()).is_valid(written)
