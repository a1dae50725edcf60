"""`--fit`, `--features` and `--batch dynamic` of real models, from the flags to what was made or measured."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.export


def test_what_was_cropped_stands_on_the_card_and_the_pyramid_in_the_file(shell):
    import onnx

    ended = shell("convert", "test_vit", "--res", "133x101", "--fit", "crop", "--features", "-o", "made", COLUMNS=100)

    assert ended.code == 0
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert "input 1x3x101x133 float32 (input)" in lines
    assert "features feature_16_1, feature_16_2, feature_16_3" in lines
    assert "fit cropped to a multiple of 16, by img_size, the network sees 128x96" in lines
    assert "note the 133x101 frame loses 5 rows and 5 columns at its edges, half on either side" in lines
    made = onnx.load(shell.work / "made" / "test_vit-133x101-features-fp32.onnx")
    assert [output.name for output in made.graph.output] == ["feature_16_1", "feature_16_2", "feature_16_3"]


def test_an_open_batch_is_measured_at_the_one_that_was_named(shell):
    flags = ("--res", "96x96", "--batch", "dynamic:2", "--runtime", "onnxruntime", "--iterations", "20")
    ended = shell("measure", "test_resnet", *flags)

    assert ended.code == 0
    job = shell.saved()[0].job
    assert job.batch == 2
    assert job.inputs[0].shape == (2, 3, 96, 96)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("vit_base_patch16_224", "--res", "20000x20000"), 5, "GiB of memory"),
        (("efficientformer_l1", "--res", "1080"), 5, "the nearest size that works is --res "),
        (("test_resnet", "--batch", "many"), 2, "or dynamic"),
    ],
)
def test_what_cannot_be_made_is_refused_with_what_can(shell, arguments, code, words):
    ended = shell("convert", *arguments)

    assert ended.code == code
    assert words in " ".join((ended.out + ended.err).split())


def test_a_file_has_no_pyramid_to_ask_for(shell, small_onnx):
    ended = shell("convert", small_onnx, "--features")

    assert ended.code == 2
    assert "is a file, so its outputs are what they are" in " ".join(ended.out.split())
