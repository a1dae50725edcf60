"""The card of a conversion."""

from __future__ import annotations

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
        card={"opset": "20", "nodes": "49", "kept_fp32": "2 of 49 operators", "weights_bytes": str(1 << 20)},
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
        "  gpu memory  weights 1 MiB",
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
