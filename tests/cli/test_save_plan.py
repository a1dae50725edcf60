"""`check --save-plan`: what ships is the plan that was judged."""

from __future__ import annotations

import json

import pytest

from edgeprof.core.files import digest_of_bytes

QUICK = ("--runtime", "fake", "--quick", "--p99", "20")


@pytest.mark.parametrize(("latency_ms", "code"), [(10, 0), (50, 1)])
def test_the_plan_is_written_whatever_the_verdict_and_its_digest_stands_beside_it(shell, latency_ms, code):
    there = shell.folder / "device.plan"
    model = shell.fake(latency_ms=latency_ms, plan={"path": str(there), "text": "a plan"})
    ended = shell("check", model, *QUICK, "--save-plan", "mine.plan", "--json", "out.json")

    assert ended.code == code, ended.err
    assert (shell.work / "mine.plan").read_text() == "a plan"
    (check,) = json.loads((shell.work / "out.json").read_text())["checks"]
    digest = digest_of_bytes(b"a plan")
    assert (check["plan_at"], check["processes"][0]["plan_digest"]) == ("mine.plan", digest)
    assert digest in "".join(ended.out.split())


def test_a_plan_that_the_builder_made_arrives_whole(shell, tmp_path):
    """As far as a machine without a card goes: TensorRT's own plan, over the same way."""
    pytest.importorskip("onnx")
    pytest.importorskip("tensorrt_rtx_bindings")
    from agent.trt.graphs import network

    from edgeprof.agent.trt.build import build
    from edgeprof.agent.trt.order import BuildOrder

    built = build(BuildOrder("fp32", compute_capability="8.9"), network(tmp_path), shell.work / "real.plan")
    model = shell.fake(latency_ms=10, plan={"path": str(shell.work / "real.plan")})
    ended = shell("check", model, *QUICK, "--save-plan", "mine.plan")

    assert ended.code == 0, ended.err
    assert digest_of_bytes((shell.work / "mine.plan").read_bytes()) == built.digest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--runtime", "onnxruntime"), "onnxruntime builds no plan"),
        ((), "builds no plan"),
        (("--runtime", "tensorrt", "--builds", "2"), "2 builds are judged together"),
        (("--runtime", "tensorrt", "y.fake.json"), "2 models are named"),
    ],
)
def test_where_there_would_be_no_plan_or_not_one_nothing_is_measured(shell, arguments, words):
    model = shell.fake(latency_ms=10)
    ended = shell("check", model, *arguments, "--save-plan", "mine.plan")

    assert ended.code == 2
    assert words in ended.err
    assert shell.saved_paths() == []


def test_a_place_that_cannot_be_written_is_told_before_anything_is_measured(shell):
    model = shell.fake(latency_ms=10)
    ended = shell("check", model, "--runtime", "tensorrt", "--save-plan", "nowhere/mine.plan")

    assert ended.code == 2
    assert '"nowhere/mine.plan" cannot be written' in ended.err
    assert shell.saved_paths() == []


@pytest.mark.parametrize(("p99", "word", "code"), [("20", "PASS", 4), ("5", "FAIL", 4)])
def test_a_plan_that_cannot_be_saved_costs_no_verdict(shell, p99, word, code):
    there = shell.folder / "device.plan"
    model = shell.fake(latency_ms=10, plan={"path": str(there), "text": "a plan"})
    arguments = ("check", model, "--runtime", "fake", "--quick", "--p99", p99)
    shell(*arguments)
    there.unlink()
    ended = shell(*arguments, "--reuse", "1h", "--save-plan", "mine.plan", "--json", "out.json")

    assert ended.code == code, ended.out + ended.err
    (check,) = json.loads((shell.work / "out.json").read_text())["checks"]
    assert (check["kind"], check["word"], check["plan_at"]) == ("judged", word, None)
    assert "the plan was not saved" in check["plan_note"]
    said = " ".join(ended.out.split())
    assert "the plan was not saved" in said
    assert "run it again without --reuse" in said
    assert f"exit 4, {0 if word == 'PASS' else 1} but for the plan" in said


@pytest.mark.ssh
def test_a_plan_that_lies_on_a_device_is_fetched_from_there(shell):
    from targets.sshd import Sshd

    sshd = Sshd(shell.folder / "device", SHELL_MARK=shell.mark)
    try:
        there = sshd.cache / "edgeprof" / "device" / f"{'ab' * 32}-far.plan"
        model = shell.fake(latency_ms=10, plan={"path": str(there), "text": "a far plan"})
        shell.write("edgeprof.yaml", "version: 1\ndevices:\n  box: {host: box}\n")
        arguments = ("check", model, *QUICK, "--device", "box", "--save-plan", "mine.plan")
        ended = shell.start(*arguments, EDGEPROF_SSH_CONFIG=sshd.config).end(within_s=120)
    finally:
        sshd.stop()

    assert ended.code == 0, ended.out + ended.err
    assert (shell.work / "mine.plan").read_text() == "a far plan"
