"""What every target promises; `local` today, ssh beside it once it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeprof.core.errors import AgentError, ConvertError, TargetError
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Job, Tensor
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling
from edgeprof.targets import Target
from edgeprof.targets.bundle import Bundle, bundle
from edgeprof.targets.conversation import conversation
from edgeprof.targets.local import LocalTarget


@pytest.fixture(params=["local"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    made = {"local": LocalTarget}[request.param]()
    yield made
    made.close()


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(autouse=True)
def _own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEPROF_LOCK", str(tmp_path / "lock"))


def a_fake(folder: Path, **declared: object) -> tuple[Job, Path]:
    path = folder / "m.fake.json"
    path.write_text(json.dumps(declared))
    inputs = (Tensor("input", (1, 3, 8, 8), "float32"),)
    return Job("m", digest_of_file(path), "fake", inputs, "fake", "fp32"), path


def test_what_is_placed_is_there_with_the_same_content(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "artefact"
    path.write_bytes(b"content")

    placed = target.place(digest_of_file(path), path)

    assert target.fetch(placed).read_bytes() == b"content"


def test_placing_what_is_gone_is_refused(target: Target, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="gone"):
        target.place("00", tmp_path / "nothing")


def test_a_folder_is_fresh_and_gone_when_the_target_closes(target: Target) -> None:
    first, second = target.folder(), target.folder()
    assert first != second
    assert os.listdir(first) == []

    target.close()

    assert not os.path.exists(first)


def test_an_order_is_carried_out(target: Target, agent: Bundle, tmp_path: Path) -> None:
    job, path = a_fake(tmp_path, latency_ms=20)
    placed = target.place(job.artefact, path)
    with conversation(
        target, agent, Order(Task.MEASURE, job, placed, sampling=Sampling(max_s=2.0, least_s=2.0))
    ) as events:
        names = [event["event"] for event in events]

    assert names[0] == "loading"
    assert names[-1] == "done"


def test_python_variables_of_the_caller_do_not_reach_the_agent(
    target: Target, agent: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a stray module')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with conversation(target, agent, Order(Task.DESCRIBE)) as events:
        assert [event["event"] for event in events] == ["done"]


def test_leaving_the_conversation_early_ends_the_agent(target: Target, agent: Bundle, tmp_path: Path) -> None:
    job, path = a_fake(tmp_path, latency_ms=5, real=True)
    order = Order(Task.MEASURE, job, target.place(job.artefact, path), sampling=Sampling(max_s=600.0, least_s=600.0))
    with conversation(target, agent, order) as events:
        next(events)
    with conversation(
        target, agent, Order(Task.MEASURE, job, order.artefact, lock_timeout_s=2.0, sampling=Sampling(max_s=0.2))
    ) as events:
        names = [event["event"] for event in events]

    assert names[-1] == "done"


def test_what_the_runtime_refuses_is_a_conversion_error(target: Target, agent: Bundle, tmp_path: Path) -> None:
    job, path = a_fake(tmp_path, nan=True)
    order = Order(Task.MEASURE, job, target.place(job.artefact, path))
    with pytest.raises(ConvertError, match="NaN"), conversation(target, agent, order) as events:
        list(events)


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("print('{}')", "crashed"),
        ("import sys; sys.exit('no such thing')", "crashed"),
        ("print('noise\\n' * 200)", "garbled"),
    ],
)
def test_an_agent_that_does_not_greet_is_an_error_with_its_last_words(
    target: Target, tmp_path: Path, script: str, cause: str
) -> None:
    path = tmp_path / "agent.py"
    path.write_text(script)
    agent = Bundle(path, digest_of_file(path), "")
    with pytest.raises(AgentError) as raised, conversation(target, agent, Order(Task.DESCRIBE)) as events:
        list(events)

    assert raised.value.cause == cause
    if "sys.exit" in script:
        assert "no such thing" in str(raised.value.hint)


def test_garbage_after_the_greeting_is_an_error(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "agent.py"
    path.write_text('print(\'{"protocol": 1, "agent": ""}\'); print(\'garbage\')')
    agent = Bundle(path, "00", "")
    with (
        pytest.raises(AgentError, match="garbage") as raised,
        conversation(target, agent, Order(Task.DESCRIBE)) as events,
    ):
        list(events)

    assert raised.value.cause == "garbled"
