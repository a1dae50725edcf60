"""Real runtimes on a tiny graph: who may run, who wins, and that the winner computes what the model computes."""

from __future__ import annotations

import os

import pytest

FINDINGS = "foreign-load,steal,cgroup-throttling,swap,canary"
SHORT = ("--quick", "--p99", "1000", "--warmup", "200ms", "--max-duration", "2s", "--allow", FINDINGS)


@pytest.mark.slow
def test_auto_races_what_is_installed_and_measures_the_winner_afresh(shell, small_onnx):
    pytest.importorskip("openvino")
    ended = shell("check", shell.use(small_onnx), *SHORT, "--runtime", "auto", "--precision", "fp32")
    assert ended.code == 0, ended.out + ended.err
    (measurement,) = shell.saved()
    laps = {lap.runtime: lap for lap in measurement.race}
    assert set(laps) == {"onnxruntime", "openvino"}
    assert all(lap.median_s > 0 and lap.samples > 0 for lap in laps.values())
    assert measurement.job.runtime == min(laps, key=lambda name: laps[name].median_s)
    assert measurement.parity.runtime == measurement.job.runtime
    assert measurement.parity.holds
    (process,) = measurement.processes
    assert process.warmup_s  # a process of its own, warmed up from cold
    lines = ended.err.splitlines()
    raced = [i for i, line in enumerate(lines) if line.startswith("race: ")]
    assert len(raced) == 2
    assert max(raced) < next(i for i, line in enumerate(lines) if line.startswith("process 1 of 1: "))


@pytest.mark.slow
def test_one_runtime_is_not_raced(shell, small_onnx):
    python = shell.python_without("openvino")
    shell.use(small_onnx)
    ended = shell.start("check", "small.onnx", *SHORT, command=(python, "-m", "edgeprof")).end()
    assert ended.code == 0
    assert shell.saved()[0].race == ()
    assert "race: " not in ended.err
    assert f"not raced: openvino, not installed on local: {python} -m pip install openvino" in ended.err


def test_torch_does_not_take_an_onnx_file(shell, small_onnx):
    ended = shell("check", shell.use(small_onnx), *SHORT, "--runtime", "torch")
    assert ended.code == 2
    assert "torch does not take an .onnx file" in ended.out


def test_bf16_is_not_to_be_had_from_onnxruntime_on_a_cpu(shell, small_onnx):
    ended = shell("check", shell.use(small_onnx), *SHORT, "--runtime", "onnxruntime", "--precision", "bf16")
    assert ended.code == 4
    assert "bf16" in ended.out
    assert "--precision fp32" in ended.out


def test_a_real_runtime_does_not_take_a_fake(shell):
    ended = shell("check", shell.fake(latency_ms=10), "--runtime", "onnxruntime")
    assert ended.code == 2
    assert "runtime fake takes .fake.json files" in ended.out


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["onnxruntime", "auto"])
def test_what_computes_something_else_than_the_model_is_not_timed(shell, small_onnx, runtime):
    """The reference is changed behind the cache's back, which is the same as a runtime that computes wrongly."""
    model = shell.use(small_onnx)
    assert shell("measure", model, "--runtime", "onnxruntime", "--iterations", "5", "--warmup", "5it").code == 0
    change_references(shell.cache)
    ended = shell("check", model, *SHORT, "--runtime", runtime, "--precision", "fp32")
    assert ended.code == 5
    assert "does not compute what the model computes" in " ".join(ended.out.split())
    assert len(shell.saved()) == 1  # the measurement before


def change_references(cache):
    """Other numbers in the outputs' files, of the same size and stamp; what was proved before is forgotten."""
    import json

    import numpy as np

    (card,) = (cache / "artefacts").glob("*/entry.json")
    changed = 0
    for reference in json.loads(card.read_text())["artefact"]["references"]:
        for name in reference["outputs"]:
            path = card.parent / name
            stamp = path.stat()
            np.save(path, np.load(path) * 2 + 1)
            assert path.stat().st_size == stamp.st_size
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
            changed += 1
    assert changed
    for fact in (cache / "facts").iterdir():
        if "relative_l2" in fact.read_text():
            fact.unlink()


@pytest.mark.parametrize("flags", [("--batch", "4"), ("--res", "224"), ("--batch", "4", "--shape", "x:1x3x128x128")])
def test_a_size_or_a_batch_that_no_input_takes_is_refused(shell, small_onnx, flags):
    ended = shell("check", shell.use(small_onnx), *SHORT, *flags)
    assert ended.code == 2, ended.out
    assert shell.saved() == []
