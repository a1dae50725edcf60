"""The card of a conversion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edgeprof.core.artefact import Artefact, Parity
from edgeprof.core.job import Tensor
from edgeprof.report import card
from edgeprof.report.lines import plain


def test_a_card_says_what_was_made_how_and_how_near() -> None:
    made = Artefact(
        model="resnet18",
        source="timm",
        form="plan",
        path="/cache/model.plan",
        digest="ab" * 32,
        size_bytes=3 << 20,
        precision="fp16",
        inputs=(Tensor("input", (1, 3, 8, 8), "float32"),),
        outputs=(Tensor("output", (1, 10), "float32"),),
        notes=("padded",),
        card={"opset": "20", "nodes": "49", "kept_fp32": "2 of 49 operators", "weights_bytes": str(1 << 20)}
        | {"activation_bytes": str(3 << 20), "scratch_bytes": str(2 << 20)},
    )
    parity = Parity("onnxruntime", "fp16", 1e-3, 1.0, 1e-2, 1e-2, 0.5, 1.0, finite=True, reference="torch fp32")

    told = plain(card.render("res18", "tensorrt", made, parity, (), width=100))

    assert told.splitlines() == [
        "  model       res18 -> resnet18",
        "  input       1x3x8x8 float32 (input)",
        "  output      1x10 float32 (output)",
        "  form        tensorrt",
        "  plan        3 MiB, fp16, abababababab",
        "  graph       opset 20, 49 operators",
        "  precision   2 of 49 operators kept in fp32",
        "  gpu memory  weights 1 MiB, activations 3 MiB, of it scratch 2 MiB",
        "  parity      onnxruntime: holds: relative L2 0.001 of 0.01 allowed, sensitivity 0.5, against torch",
        "              fp32, top-1 agreement 100 %, of the ONNX graph: the plan was not run",
        "  note        padded",
        "  kept        /cache/model.plan",
    ]


def test_a_card_says_what_frames_are_taken_and_what_becomes_of_them() -> None:
    frame = {
        "frame": "uint8 9x8 RGB",
        "frame_fit": "crop",
        "preprocessing": "the model's own",
        "normalisation": "added",
    }
    made = Artefact("m", "timm", "onnx", "m.onnx", "ab" * 32, 1, "fp32", (), (), card={"size_policy": "own", **frame})

    told = plain(card.render("m", "onnx", made, None, (), width=100)).splitlines()

    assert "  fit         own" in told
    assert "  frame       uint8 9x8 RGB, crop, the model's own, added" in told


def an_open_graph(**changes: Any) -> Artefact:
    ends = (Tensor("input", (4, 3, 8, 8), "float32"),), (Tensor("output", (4, 10), "float32"),)
    told = {"batch": "dynamic, proved at 4 and 5", "seconds": "6.6"}
    made = Artefact("m", "timm", "onnx", "m.onnx", "ab" * 32, 1, "fp32", *ends, card=told, is_dynamic=True)
    return replace(made, **changes)


def test_an_open_batch_is_a_letter_in_the_shapes() -> None:
    told = plain(card.render("m", "onnx", an_open_graph(), None, ())).splitlines()
    fixed = plain(card.render("m", "onnx", an_open_graph(is_dynamic=False), None, ())).splitlines()

    assert "  input       Nx3x8x8 float32 (input)" in told
    assert "  output      Nx10 float32 (output)" in told
    assert "  batch       dynamic, proved at 4 and 5" in told
    assert "  input       4x3x8x8 float32 (input)" in fixed


def test_an_output_without_the_batch_keeps_its_shape() -> None:
    outputs = (Tensor("anchors", (10, 4), "float32"), Tensor("scale", (4,), "float32"), Tensor("one", (), "float32"))
    told = plain(card.render("m", "onnx", an_open_graph(outputs=outputs), None, ()))

    assert "10x4 float32 (anchors)" in told
    assert "N float32 (scale)" in told


@pytest.mark.parametrize(
    ("made", "words"),
    [("now", "in 6.6 s"), ("above", "for the form above and this one"), ("before", "earlier: it was in the cache")],
)
def test_a_card_says_when_its_graph_was_made(made: str, words: str) -> None:
    (told,) = [
        t for t in plain(card.render("m", "onnx", an_open_graph(), None, (), made=made)).splitlines() if "6.6" in t
    ]

    assert told.endswith(words)


def test_the_last_lines_say_which_forms_were_made_where_one_was_not() -> None:
    told = plain(card.render_count(["m as onnx"], ["m as openvino", "m as tensorrt"]))

    assert told.splitlines() == ["", "  made        m as onnx", "  not made    m as openvino, m as tensorrt"]
    assert card.render_count(["m as onnx", "n as onnx"], []) == []
    assert card.render_count([], ["m as onnx"]) == []
