"""`edgeprof layers`: what each layer takes, here and over ssh."""

from __future__ import annotations

import json
import re

import pytest
from targets.proxy import Proxy
from targets.sshd import Sshd

from cli.graph import write_small_onnx
from edgeprof.agent.runtimes import RUNTIMES, Layered, runtime_of

LAYERS = [
    {"name": "conv", "type": "Conv", "ms": 6, "precision": "fp32", "bytes": 1 << 20},
    {"name": "thin", "type": "Conv", "ms": 3, "precision": "fp32", "mark": "depthwise"},
    {"name": "move", "type": "Reorder", "ms": 0.5, "mark": "reformat"},
]
SHORT = ("--duration", "1s", "--warmup", "5it", "--frames", "10")


@pytest.fixture
def model(shell):
    return shell.fake(latency_ms=10, layers=LAYERS)


def test_the_latency_is_measured_as_ever_and_the_layers_are_held_against_it(shell, model):
    ended = shell("layers", model, *SHORT)
    assert ended.code == 0, ended.err
    (samples,) = re.findall(r"10 ms p50 of (\d+) samples, in a process without", ended.out)
    assert "9.5 ms, the sum of 3 layers: 5.0 % less than the latency" in ended.out
    (measurement,) = shell.saved()
    assert measurement.processes[0].samples_s == (0.01,) * int(samples)


def test_a_document_on_stdout_is_nothing_else_and_fits_the_schema_that_is_printed(shell, model):
    from jsonschema import Draft202012Validator

    ended = shell("layers", model, *SHORT, "--json", "-")
    assert ended.code == 0, ended.err
    written = json.loads(ended.out)
    Draft202012Validator(json.loads(shell("schema", "layers").out)).validate(written)
    assert [layer["name"] for layer in written["layers"]] == ["conv", "thin", "move"]
    assert [layer["mark"] for layer in written["layers"]] == [None, "depthwise", "reformat"]
    assert (written["latency_s"], written["profiled_s"], written["frames"]) == (0.01, 0.01, 10)


def test_rows_are_as_many_and_by_what_is_asked(shell, model):
    ended = shell("layers", model, *SHORT, "--top", "1", "--quiet")
    assert ended.out.splitlines()[1:] == [
        "   6.000   63 %  Conv  fp32       1.000  conv",
        "  and 2 more layers, 3.5 ms, 37 %",
    ]
    totals = shell("layers", model, *SHORT, "--by", "type", "--quiet")
    assert [line.rpartition("  ")[2] for line in totals.out.splitlines()[1:]] == [
        "Conv",
        "Conv, depthwise",
        "Reorder, reformat",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--by", "name"), "layer or type"),
        (("--top", "-1"), "--top"),
        (("--frames", "0"), "--frames"),
        (("--frames", "10001"), "10000 or fewer"),
        (("--json", "nowhere/a.json"), "nowhere/a.json"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_before_anything_is_measured(shell, model, arguments, words):
    ended = shell("layers", model, *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert shell.saved() == []


def test_one_document_holds_one_model(shell, model):
    ended = shell("layers", model, shell.fake("other", layers=LAYERS), "--json", "a.json")
    assert ended.code == 2
    assert "--json takes one model" in ended.err


def test_help_offers_no_runtime_that_is_refused(shell):
    offered = " ".join(shell("layers", "--help").out.split()).partition("--runtime NAME")[2].partition("--precision")[0]
    named = set(re.findall(r"[a-z-]+", offered)) & set(RUNTIMES)
    assert named == {name for name in RUNTIMES if name != "fake" and isinstance(runtime_of(name), Layered)}


def test_a_runtime_without_a_profiler_is_refused_before_anything_is_exported(shell):
    ended = shell("layers", "resnet18", "--runtime", "torch")
    assert ended.code == 4
    assert "torch tells no times of its layers" in ended.err
    assert "onnxruntime, openvino, tensorrt" in ended.err


def test_a_model_without_layers_does_not_end_the_others(shell, model):
    ended = shell("layers", shell.fake("bare", latency_ms=10), model, *SHORT)
    assert ended.code == 4
    assert "declares no layers" in ended.out
    assert "VERDICT" not in ended.out
    assert "the sum of 3 layers" in ended.out


def test_an_inference_that_takes_no_time_is_refused_and_not_divided_by(shell):
    ended = shell("layers", shell.fake(latency_ms=[0, 0, 0, 40], layers=LAYERS), *SHORT)
    assert ended.code == 4
    assert "took no time" in ended.out
    assert "profiling" not in ended.err


def test_words_of_no_kind_that_we_know_are_no_crash(shell):
    ended = shell("layers", shell.fake(latency_ms=10, layers=[{"name": "a", "ms": 1, "bytes": "many"}]), *SHORT)
    assert ended.code == 4
    assert "in no way we know" in ended.out


def test_a_process_that_crashes_while_it_is_measured_is_not_profiled(shell):
    ended = shell("layers", shell.fake(latency_ms=10, layers=LAYERS, crash={"after": 30}), *SHORT)
    assert ended.code == 4
    assert "crashed" in ended.out
    assert "profiling" not in ended.err


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_a_real_models_convolutions_are_found_in_its_graph(shell, runtime):
    pytest.importorskip(runtime)
    pytest.importorskip("onnx")
    path = write_small_onnx(shell.work)
    ended = shell("layers", path.name, "--runtime", runtime, "--threads", 1, *SHORT, "--json", "-")
    assert ended.code == 0, ended.err
    written = json.loads(ended.out)
    convolutions = [layer for layer in written["layers"] if layer["type"] in ("Conv", "FusedConv")]
    assert len(convolutions) == 2
    assert {layer["precision"] for layer in convolutions} == {"fp32"}
    assert all(layer["p50_s"] > 0 for layer in convolutions)
    assert all((layer["memory_bytes"] is None) == (runtime == "openvino") for layer in written["layers"])
    assert sum(layer["share"] for layer in convolutions) > 0.5
    assert written["tells_each_frame"] is (runtime == "onnxruntime")


@pytest.fixture
def sshd(shell):
    made = Sshd(shell.folder / "device", SHELL_MARK=shell.mark)
    yield made
    made.stop()


@pytest.mark.ssh
def test_a_device_behind_ssh_tells_its_layers_as_this_machine_does(shell, model, sshd):
    shell.write("edgeprof.yaml", "version: 1\ndevices:\n  box: {host: box}\n")
    ended = shell("layers", model, *SHORT, "--device", "box", "--json", "-", EDGEPROF_SSH_CONFIG=sshd.config)
    assert ended.code == 0, ended.err
    written = json.loads(ended.out)
    assert written["device"] == "box"
    assert [(layer["name"], layer["p50_s"]) for layer in written["layers"]] == [
        ("conv", 0.006),
        ("thin", 0.003),
        ("move", 0.0005),
    ]


@pytest.mark.ssh
def test_a_link_that_breaks_while_layers_are_told_costs_one_repetition(shell, sshd):
    proxy = Proxy(sshd.port)
    sshd.alias("far", proxy.port)
    slow = shell.fake(latency_ms=10, real=True, layers=LAYERS)
    arguments = (slow, *SHORT[:-1], "300", "--device", "far")
    try:
        shell.write("edgeprof.yaml", "version: 1\ndevices:\n  far: {host: far}\n")
        started = shell.start("layers", *arguments, EDGEPROF_SSH_CONFIG=sshd.config)
        started.said("profiling")
        proxy.cut()
        started.said("trying again")
        ended = started.end(within_s=120)
    finally:
        proxy.close()
    assert ended.code == 0, ended.out + ended.err
    assert "the sum of 3 layers" in ended.out
