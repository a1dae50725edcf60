"""How far a build is, told by the real builder."""

import pytest

from agent.trt.graphs import network
from edgeprof.agent.trt.build import build
from edgeprof.agent.trt.order import BuildOrder

pytestmark = pytest.mark.trt


def test_phases_are_told_step_by_step_to_their_end(tools, tmp_path):
    if not tools.surface.tells_progress:
        pytest.skip("this library tells no progress")
    heard = []

    build(
        BuildOrder("fp32", compute_capability="8.9"),
        network(tmp_path),
        tmp_path / "a.plan",
        hear=lambda phase, done, steps: heard.append((phase, done, steps)),
    )

    assert heard
    assert all(1 <= done <= steps for _, done, steps in heard)
    for name in {phase for phase, _, _ in heard}:
        done = [done for phase, done, _ in heard if phase == name]
        assert done == sorted(done)


def test_of_a_long_phase_a_hundred_steps_are_told_and_of_an_inner_one_none(tools):
    from edgeprof.agent.trt.progress import monitor_to

    heard = []
    monitor = monitor_to(lambda *step: heard.append(step), tools.surface.trt)

    monitor.phase_start("outer", None, 5000)
    monitor.phase_start("inner", "outer", 10)
    for step in range(5000):
        assert monitor.step_complete("outer", step)
        assert monitor.step_complete("inner", step % 10)
    monitor.phase_finish("outer")
    monitor.step_complete("outer", 0)

    assert {phase for phase, _, _ in heard} == {"outer"}
    assert len(heard) == 101
    assert heard[-1] == ("outer", 5000, 5000)
