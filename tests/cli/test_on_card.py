"""What is asked of a card and cannot be had ends in exit 4, and is never measured on the processor instead."""

from __future__ import annotations

import os

import pytest

without_a_card = pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="here is a card")


@without_a_card
@pytest.mark.parametrize("flags", [(), ("--device", "gpu")])
@pytest.mark.parametrize("runtime", ["onnxruntime-cuda", "onnxruntime-tensorrt"])
def test_a_provider_that_is_not_here_ends_in_4(shell, small_onnx, runtime, flags):
    ended = shell("check", small_onnx, "--runtime", runtime, "--quick", "--p99", "1000", *flags)
    said = " ".join((ended.out + ended.err).split())
    assert ended.code == 4
    assert f"{runtime} is not installed on" in said
    assert "hint" in said
    assert shell.saved_paths() == []


@without_a_card
@pytest.mark.export
def test_torch_without_a_card_ends_in_4(shell):
    pytest.importorskip("torch")
    ended = shell("check", "test_resnet", "--runtime", "torch-cuda", "--device", "gpu", "--quick")
    assert ended.code == 4
    assert "torch-cuda" in ended.err
    assert shell.saved_paths() == []


def test_what_runs_on_the_processor_names_its_like_on_a_card(shell, small_onnx):
    ended = shell("check", small_onnx, "--runtime", "onnxruntime", "--device", "gpu")
    assert ended.code == 2
    assert "--runtime onnxruntime-cuda" in ended.err


def test_other_runtimes_of_cards_are_no_news_where_there_is_none(shell):
    assert "onnxruntime-cuda" not in shell("doctor").out
    shell.write("edgeprof.yaml", "version: 1\nruntime: onnxruntime-cuda\n")
    assert "! onnxruntime-cuda not installed" in shell("doctor").out
