"""A link that breaks while something is measured: both sides end, and it is told from an agent that crashed."""

from __future__ import annotations

import time

import pytest

from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling
from targets.conftest import a_fake, error_after

pytestmark = pytest.mark.ssh
LONG = Sampling(max_s=600.0, least_s=600.0)


def wait_for_the_end(sshd, within_s: float = 6.0) -> None:
    deadline = time.monotonic() + within_s
    while sshd.agents() and time.monotonic() < deadline:
        time.sleep(0.1)


def test_a_link_that_is_cut_ends_the_agent_and_frees_the_lock(reach, proxied, sshd, agent, tmp_path):
    job, path = a_fake(tmp_path, latency_ms=5, real=True)
    target = reach("far")
    order = Order(Task.MEASURE, job, target.place(job.artefact, path), sampling=LONG)
    ran: list[int] = []

    def cut() -> None:
        ran.extend(sshd.agents())
        proxied.cut()

    assert error_after(target, agent, order, "samples", cut).cause == "lost"
    assert len(ran) == 2
    wait_for_the_end(sshd)

    assert sshd.agents() == []


def test_an_ssh_that_is_killed_here_is_a_link_that_was_lost(reach, sshd, agent, tmp_path):
    import psutil

    job, path = a_fake(tmp_path, latency_ms=5, real=True)
    target = reach()
    order = Order(Task.MEASURE, job, target.place(job.artefact, path), sampling=LONG)

    def kill() -> None:
        newest = max(psutil.Process().children(), key=lambda child: child.create_time())
        assert newest.name() == "ssh"
        newest.kill()

    error = error_after(target, agent, order, "samples", kill)
    wait_for_the_end(sshd)

    assert error.cause == "lost"
    assert error.message.startswith("the link to box was lost: ")
    assert sshd.agents() == []


@pytest.mark.slow
def test_a_cable_that_is_pulled_ends_both_sides(reach, proxied, sshd, agent, tmp_path):
    """Nobody closes anything: ssh's own questions go unanswered here, and there the agent hears nothing of us."""
    job, path = a_fake(tmp_path, latency_ms=5, real=True)
    target = reach("far")
    order = Order(Task.MEASURE, job, target.place(job.artefact, path), sampling=LONG)
    begin = time.monotonic()

    def pull() -> None:
        time.sleep(6)  # the agent has heard from us at least once
        proxied.is_silent = True

    assert error_after(target, agent, order, "samples", pull).cause == "lost"
    assert time.monotonic() - begin < 40
    while sshd.agents() and time.monotonic() - begin < 60:
        time.sleep(0.5)

    assert sshd.agents() == []
