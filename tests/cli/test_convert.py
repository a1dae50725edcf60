"""`edgeprof convert`, from an .onnx file to files for its runtimes."""

from __future__ import annotations

import json
import os
import sys

import pytest

from edgeprof.agent.trt.library import NAMES


def test_each_form_is_proved_on_its_runtime_and_written(shell, small_onnx):
    ended = shell("convert", str(small_onnx), "--to", "onnx,openvino", "-o", "made", "--json", "card.json")

    assert ended.code == 0
    assert sorted(path.name for path in (shell.work / "made").iterdir()) == [
        "small-fp32.bin",
        "small-fp32.onnx",
        "small-fp32.xml",
    ]
    made = json.loads((shell.work / "card.json").read_text())["conversions"]
    assert [each["parity"]["runtime"] for each in made] == ["onnxruntime", "openvino"]
    assert all(each["parity"]["holds"] for each in made)


def test_a_graph_that_the_same_command_made_was_not_in_the_cache(shell, small_onnx):
    out = shell("convert", str(small_onnx), "--to", "onnx,openvino", COLUMNS=200).out

    assert "earlier" not in out
    assert out.count("once for the form above and this one") == 1


def test_a_file_may_be_asked_for_in_the_opset_that_it_has(shell, small_onnx):
    import onnx

    own = next(each.version for each in onnx.load(small_onnx).opset_import if not each.domain)
    other = 17 if own != 17 else 20
    ended = shell("convert", str(small_onnx), "--opset", str(other))
    made = list(shell.cache.glob("artefacts/*"))

    assert made == []  # it was said before anything was made
    assert shell("convert", str(small_onnx), "--opset", str(own)).code == 0
    assert ended.code == 2
    assert f"keeps its own opset, {own}" in " ".join(ended.out.split())


@pytest.mark.parametrize(("precision", "kind"), [("fp16", 10), ("int8", 3)])
def test_the_file_holds_the_types_that_were_asked_for(shell, small_onnx, precision, kind):
    import onnx

    ended = shell("convert", str(small_onnx), "--precision", precision, "-o", "made.onnx")

    assert ended.code == 0
    assert f"{precision}, " in ended.out
    assert kind in {tensor.data_type for tensor in onnx.load(shell.work / "made.onnx").graph.initializer}


def test_the_calibration_log_is_written_beside_an_int8_file(shell, small_onnx):
    shell("convert", str(small_onnx), "--precision", "int8", "-o", "made.onnx")

    log = json.loads((shell.work / "made.onnx.calibration.json").read_text())
    assert log["recipe"].startswith("u8s") or log["recipe"].startswith("s8s")
    assert log["ranges"]


def test_the_card_names_the_images_that_it_was_calibrated_on_and_their_digest(shell, small_onnx):
    from PIL import Image

    (shell.work / "photos").mkdir()
    for shade in (10, 200):
        Image.new("RGB", (40, 30), (shade, 90, 255 - shade)).save(shell.work / "photos" / f"{shade}.png")
    flags = ("--precision", "int8", "--calibration", "photos", "--json", "card.json")

    out = shell("convert", str(small_onnx), *flags).out

    (made,) = json.loads((shell.work / "card.json").read_text())["conversions"]
    digest = made["artefact"]["card"]["calibration"]
    assert f"2images,from{shell.work / 'photos'},minmax,{digest[:12]}" in "".join(out.split())  # a long path is wrapped


@pytest.mark.trt
def test_windows_that_are_put_together_become_a_plan(shell):
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    sizes = {"size": np.array([8, 8]), "window": np.array([2, 2])}
    graph = helper.make_graph(
        [helper.make_node("Col2Im", ["columns", "size", "window"], ["out"], strides=[2, 2])],
        "graph",
        [helper.make_tensor_value_info("columns", TensorProto.FLOAT, [1, 12, 16])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in sizes.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    save(model, shell.work / "windows.onnx")

    ended = shell("convert", "windows.onnx", "--to", "tensorrt,onnx", "--compute-capability", "8.9", COLUMNS=150)

    assert ended.code == 0, ended.out
    assert ended.out.count("windows 1 for tensorrt") == 1


@pytest.mark.trt
def test_a_plan_is_built_for_a_card_that_is_not_here(shell, small_onnx):
    ended = shell("convert", str(small_onnx), "--to", "tensorrt", "--compute-capability", "sm_89", "-o", "made.plan")

    assert ended.code == 0
    assert (shell.work / "made.plan").stat().st_size > 1000
    assert "for 8.9" in ended.out


@pytest.mark.trt
def test_the_calibration_log_of_each_form_is_written_beside_it(shell, small_onnx):
    plan = ("--to", "onnx,tensorrt", "--compute-capability", "8.9")
    ended = shell("convert", str(small_onnx), "--precision", "int8", *plan, "-o", "made")

    assert ended.code == 0, ended.err
    logs = [json.loads(path.read_text())["recipe"] for path in sorted((shell.work / "made").glob("*.calibration.json"))]
    assert (shell.work / "made/small-int8.plan.calibration.json").is_file()
    assert len(logs) == 2
    assert logs[1] == "s8s8-in"
    assert logs[0] != logs[1]


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="there is a card here")
def test_without_a_card_that_is_said_before_anything_is_made(shell, small_onnx):
    ended = shell("convert", str(small_onnx), "--to", "onnx,tensorrt", "-o", "made")

    assert ended.code == 4
    assert "no NVIDIA card" in ended.err
    assert "--compute-capability 8.9" in ended.err
    assert not (shell.work / "made").exists()
    assert not list(shell.cache.glob("artefacts/*"))


def test_a_missing_library_is_said_before_anything_is_made(shell, small_onnx):
    blocked = f"import sys; sys.modules.update(dict.fromkeys({NAMES!r}))\n"  # as where none is installed
    command = (sys.executable, "-c", f"{blocked}from edgeprof.cli.door import enter; sys.exit(enter(sys.argv[1:]))")
    ended = shell.start(
        "convert", str(small_onnx), "--to", "onnx,tensorrt", "--compute-capability", "8.9", command=command
    ).end()

    assert ended.code == 4
    assert "is installed" in ended.err
    assert not list(shell.cache.glob("artefacts/*"))


@pytest.mark.trt
def test_a_plan_takes_frames_and_says_once_what_becomes_of_them(shell, small_onnx):
    ended = shell("convert", small_onnx, "--frame", "uint8:64x64", "--to", "tensorrt", "--compute-capability", "8.9")

    assert ended.code == 0
    assert "1x64x64x3 uint8 (frame)" in ended.out
    assert ended.out.count("is resized to") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "coreml"), "coreml"),
        (("--precision", "bf16"), "fp32, fp16 or int8"),
        (("--to", "onnx,openvino", "-o", "made.onnx"), "name a folder"),
        (("--to", "tensorrt", "--compute-capability", "nine"), "nine"),
        (("--compute-capability", "8.9"), "--compute-capability"),
        (("--to", "onnx,openvino", "--workspace", "1GiB"), "--workspace"),
        (("--optimization-level", "0"), "--optimization-level"),
        (("--tf32",), "--to tensorrt"),
        (("--opset", "18"), "keeps its own opset, "),
        (("-o", "-"), "files cannot go to stdout"),
        (("--to", "onnx,tensorrt", "--compute-capability", "8.9", "--optimization-level", "9"), "optimization level 9"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(shell, small_onnx, arguments, words):
    ended = shell("convert", str(small_onnx), *arguments)

    assert ended.code == 2
    assert words in " ".join((ended.err + ended.out).split())


def test_one_that_cannot_be_made_does_not_keep_the_others_back(shell, small_onnx):
    (shell.work / "junk.onnx").write_bytes(b"junk")
    ended = shell("convert", "junk.onnx", str(small_onnx), "-o", "made", "--json", "-")

    assert ended.code == 5
    refused, made = json.loads(ended.out)["conversions"]
    assert "junk.onnx" in refused["error"]
    assert made["files"] == ["made/small-fp32.onnx"]
    assert refused["form"] == "onnx"
    assert "NO VERDICT" not in ended.err
    assert ended.err.splitlines()[-1] == "  not made    junk.onnx as onnx"
    assert f"made {small_onnx} as onnx" in " ".join(ended.err.split())


def test_quiet_says_what_was_made_and_how_near_in_a_line(shell, small_onnx):
    ended = shell("convert", str(small_onnx), "-q", "-o", "made.onnx")

    assert ended.code == 0
    (line,) = ended.out.splitlines()
    assert line.startswith("made.onnx: onnxruntime: holds: relative L2 ")


def test_a_card_tells_what_was_in_the_cache_and_what_openvinos_files_are_made_from(shell, small_onnx):
    first = shell("convert", str(small_onnx), COLUMNS=200).out
    second = shell("convert", str(small_onnx), "--to", "openvino", "-o", "made.xml", COLUMNS=200).out

    assert "earlier: it was in the cache" not in first
    assert "earlier: it was in the cache" in second
    assert "  from        onnx, " in second
    assert "made.bin" in second


def test_a_graph_in_fp16_claims_no_log_of_a_calibration(shell, small_onnx):
    out = shell("convert", str(small_onnx), "--precision", "fp16").out

    assert "calibration" not in out


@pytest.mark.export
def test_the_older_exporter_can_be_asked_for_and_keeps_its_warnings_to_itself(shell):
    import onnx

    shell.write(
        "booth.py",
        "import torch\n"
        "class Booth(torch.nn.Module):\n"
        "    input_size = (3, 16, 16)\n"
        "    def forward(self, x):\n"
        "        return x.mean((2, 3)) if x.abs().sum() > 0 else x\n",
    )

    ended = shell("convert", "booth:Booth", "--opset", "17", "-o", "made.onnx")

    assert ended.code == 0, ended.err
    assert "opset 17" in ended.out
    assert "torch.onnx torchscript" in ended.out
    assert "Warning" not in ended.out + ended.err
    assert [each.version for each in onnx.load(shell.work / "made.onnx").opset_import] == [17]


def test_parity_is_over_real_images_too_and_each_output_has_its_figures(shell, small_onnx):
    import numpy as np
    from PIL import Image

    (shell.work / "photos").mkdir()
    random = np.random.default_rng(0)
    for number in range(5):
        Image.fromarray(random.integers(0, 256, (64, 96, 3), dtype="uint8")).save(shell.work / f"photos/{number}.png")

    ended = shell("convert", str(small_onnx), "--calibration", "photos", "--json", "card.json")

    assert ended.code == 0, ended.err
    (made,) = json.loads((shell.work / "card.json").read_text())["conversions"]
    assert made["parity"]["reference"].endswith("on 4 images too")
    assert made["parity"]["inputs"] == 8
    assert [each["output"] for each in made["parity"]["outputs"]] == ["y"]
    assert made["parity"]["outputs"][0]["relative_l2"] == made["parity"]["relative_l2"]
