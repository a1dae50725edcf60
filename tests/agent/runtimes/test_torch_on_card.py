"""torch on a card: refused where there is none, and where any operator computes on the cpu."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from agent.runtimes.test_contract import artefact_for, job_for
from edgeprof.agent.cuda.switches import Switches
from edgeprof.agent.runtimes import runtime_of
from edgeprof.agent.runtimes.torch_bound import TorchBound, watched
from edgeprof.core.errors import RuntimeUnavailable

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.export

without_a_card = pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="here is a card")


def opened_nowhere(folder: Path, **changes: Any) -> None:
    with runtime_of("torch-cuda").open(job_for("torch-cuda", **changes), artefact_for("torch", folder), {}, 1):
        pass


@without_a_card
def test_without_a_card_it_is_refused_and_never_runs_on_the_cpu(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable) as raised:
        opened_nowhere(tmp_path)

    assert "sees no card" in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"precision": "fp16"}, "fp16"), ({"options": Switches(copies="mapped").options}, "mapped memory")],
)
def test_what_it_does_not_do_is_refused(tmp_path: Path, changes: Any, words: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=words):
        opened_nowhere(tmp_path, **changes)


def test_every_operator_that_computes_on_the_cpu_is_named() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(100, 100), torch.nn.ReLU())
    with torch.inference_mode(), pytest.raises(RuntimeUnavailable) as raised:
        watched(torch, lambda: module(torch.ones(1, 100)))

    assert "ran on the cpu: aten." in raised.value.message
    assert "relu" in raised.value.message


def test_a_few_numbers_on_the_host_are_no_fall_back() -> None:
    with torch.inference_mode():
        (output,) = watched(torch, lambda: torch.arange(4) * 2)

    assert output.tolist() == [0, 2, 4, 6]


def test_of_fractions_only_a_single_number_may_stay_on_the_host() -> None:
    with torch.inference_mode():
        (output,) = watched(torch, lambda: torch.ones(()) * 2)
        with pytest.raises(RuntimeUnavailable, match="ran on the cpu"):
            watched(torch, lambda: torch.ones(2) * 2)

    assert output.item() == 2


def test_outputs_are_named_in_order_with_their_types() -> None:
    made = [torch.zeros(1, 2), torch.zeros(3, dtype=torch.int64)]
    bound = TorchBound(torch, None, job_for("torch-cuda").inputs, made)

    assert [str(each) for each in bound.outputs] == ["output0 1x2 float32", "output1 3 int64"]


@pytest.mark.gpu
@pytest.mark.parametrize(
    "switches",
    [Switches(graph=False), Switches(), Switches(graph=False, compile=True), Switches(copies="out", graph=False)],
)
def test_on_a_card_the_same_is_computed_whatever_the_switches(tmp_path: Path, switches: Switches) -> None:
    from edgeprof.agent.runtimes.inputs import staged

    job = job_for("torch-cuda", options=switches.options)
    with runtime_of("torch-cuda").open(job, artefact_for("torch", tmp_path), {}, 1) as session:
        session.infer()

        assert session.outputs()[0].tolist() == (staged(job, {})["input"] * 2).tolist()
        assert ("compiled" if switches.compile else "eager") in session.inside_infer
        assert ("one CUDA graph" in session.inside_infer) == switches.graph
