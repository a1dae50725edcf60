"""A model whose weights lie in a second file: proved, written out and measured where both files are."""

from __future__ import annotations

import sys

import onnxruntime  # noqa: TID253
import pytest
from targets.sshd import Sshd

from cli.graph import write_small_onnx
from edgeprof.convert import onnx_file
from edgeprof.convert.cache import Cache
from edgeprof.convert.ingredients import key_of, parts_key
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import resolve

_MOST_BYTES = 4000


@pytest.fixture
def large(shell, monkeypatch):
    """The small network in the cache as it would lie there if a few thousand bytes were all that fit into one file."""
    monkeypatch.chdir(shell.work)
    name, cache = write_small_onnx(shell.work).name, Cache(shell.cache)
    with cache.workspace() as folder:
        made = onnx_file.convert(name, Recipe(name), folder, print, _MOST_BYTES)
        cache.remember(parts_key(resolve(name)), {"parts": list(made.parts)})
        cache.keep(key_of(Recipe(name), resolve(name), made.parts), folder, made.artefact, print)
    return name


def test_it_is_proved_on_both_runtimes_and_written_out_with_its_weights(shell, large):
    ended = shell("convert", large, "--to", "onnx,openvino", "-o", "made")

    assert ended.code == 0, ended.err
    assert ended.out.count("holds") == 2
    made = shell.work / "made"
    (weights,) = made.glob("*-model.weights")
    assert weights.name in "".join(ended.out.split())
    assert weights.stat().st_size > _MOST_BYTES
    assert (made / "small-fp32.onnx").stat().st_size < _MOST_BYTES
    assert onnxruntime.InferenceSession(made / "small-fp32.onnx").get_outputs()[0].shape == [1, 16]


@pytest.mark.ssh
@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_both_files_are_sent_and_the_device_finds_the_one_by_the_other(shell, large, runtime):
    sshd = Sshd(shell.folder / "device", SHELL_MARK=shell.mark)
    shell.write("edgeprof.yaml", "version: 1\ndevices:\n  box: {host: box, python: " + sys.executable + "}\n")
    asked = ("--quick", "--p99", "500", "--warmup", "5it", "--max-duration", "20s", "--runtime", runtime)
    try:
        ended = shell("check", large, "--device", "box", *asked, EDGEPROF_SSH_CONFIG=sshd.config)
    finally:
        sshd.stop()

    placed = {path.name[65:] for path in (sshd.cache / "edgeprof" / "device").iterdir()}
    assert ended.code == 0, ended.out + ended.err
    assert {"model.onnx", "model.weights"} <= placed
