"""What every target promises, this machine and one behind ssh."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeprof.core.errors import AgentError, ConvertError, TargetError
from edgeprof.core.files import digest_of_file
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling
from edgeprof.targets import Target
from edgeprof.targets.bundle import Bundle
from edgeprof.targets.conversation import conversation
from edgeprof.targets.local import LocalTarget
from targets.conftest import a_fake, error_after


@pytest.fixture(params=["local", pytest.param("ssh", marks=pytest.mark.ssh)])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    made: Target = LocalTarget() if request.param == "local" else request.getfixturevalue("reach")()
    yield made
    made.close()


def test_what_is_placed_is_there_with_the_same_content(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "artefact"
    path.write_bytes(b"content")

    placed = target.place(digest_of_file(path), path)

    assert target.fetch(placed).read_bytes() == b"content"
    assert target.place(digest_of_file(path), path) == placed


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
    agent = Bundle(path, digest_of_file(path), "")
    with (
        pytest.raises(AgentError, match="garbage") as raised,
        conversation(target, agent, Order(Task.DESCRIBE)) as events,
    ):
        list(events)

    assert raised.value.cause == "garbled"


def test_an_agent_that_is_killed_is_told_of_by_its_signal(target: Target, agent: Bundle, tmp_path: Path) -> None:
    job, path = a_fake(tmp_path, latency_ms=5, real=True)
    order = Order(Task.MEASURE, job, target.place(job.artefact, path), sampling=Sampling(max_s=600.0, least_s=600.0))
    error = error_after(target, agent, order, "loading", lambda: os.kill(supervisors()[0], signal.SIGKILL))

    assert error.cause == "crashed"
    assert "by signal 9" in error.message
    assert "dmesg" in (error.hint or "")


def test_an_agent_that_stands_still_is_hung_and_is_ended(target: Target, agent: Bundle, tmp_path: Path) -> None:
    job, path = a_fake(tmp_path, latency_ms=5, real=True)
    order = Order(Task.MEASURE, job, target.place(job.artefact, path), sampling=Sampling(max_s=600.0, least_s=600.0))
    stop = lambda: os.kill(supervisors()[0], signal.SIGSTOP)  # noqa: E731
    error = error_after(target, agent, order, "loading", stop, silence_s=3.0)

    assert error.cause == "hung"
    assert "nothing was heard from the agent for 3 s" in error.message
    deadline = time.monotonic() + 5.0
    while supervisors() and time.monotonic() < deadline:  # what was killed takes a moment to be gone
        time.sleep(0.05)
    assert supervisors() == []


def test_a_silence_between_two_beats_is_none(target: Target, agent: Bundle, tmp_path: Path) -> None:
    """The model takes longer to load than the agent may be silent."""
    job, path = a_fake(tmp_path, latency_ms=5, load_s=8, real=True)
    order = Order(Task.MEASURE, job, target.place(job.artefact, path), sampling=Sampling(max_s=0.1, least_s=0.1))
    with conversation(target, agent, order, silence_s=6.0) as events:
        names = [event["event"] for event in events]

    assert names[-1] == "done"
    assert "alive" not in names


def test_what_was_placed_is_cleaned(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "artefact"
    path.write_bytes(b"content")
    digest = digest_of_file(path)
    target.place(digest, path)

    cleaned = target.clean(0.0)

    assert cleaned.files == (0 if isinstance(target, LocalTarget) else 1)
    assert target.fetch(target.place(digest, path)).read_bytes() == b"content"


def supervisors() -> list[int]:
    """Agents that serve an order under this test's lock."""
    wanted = f"EDGEPROF_LOCK={os.environ['EDGEPROF_LOCK']}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = wanted in (process / "environ").read_bytes().split(b"\0")
            words = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        if is_ours and words[0] not in (b"sh", b"ssh") and words[-1].endswith(b".pyz"):
            found.append(int(process.name))
    return found
