"""A model that does not fit: declared, and for real with a memory cgroup around the whole command."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from cli.graph import write_greedy_onnx
from cli.shell import COMMAND, until
from edgeprof.convert import produce
from edgeprof.convert.cache import Cache
from edgeprof.convert.recipe import Recipe
from edgeprof.core.resolution import NATIVE

QUICK = ("--quick", "--p99", "20")
LIMIT_BYTES = 300 << 20


def test_a_model_that_does_not_fit_is_over_a_memory_limit(shell):
    model = shell.fake(latency_ms=10, crash={"after": 200, "how": "memory"})
    ended = shell("check", model, *QUICK, "--memory", "100MiB")
    assert ended.code == 1
    assert "does not fit" in ended.out
    assert " FAIL " in ended.out


def test_a_model_that_does_not_fit_has_no_verdict_without_a_memory_limit(shell):
    ended = shell("check", shell.fake(latency_ms=10, crash={"after": 200, "how": "memory"}), *QUICK)
    assert ended.code == 4
    assert "does not fit" in ended.out
    assert shell.saved()[0].processes[0].ended == "out of memory"


@pytest.fixture
def cgroup():
    """A folder of the memory controller, of either version, that holds its processes to LIMIT_BYTES."""
    name = f"edgeprof-test-{uuid.uuid4().hex[:8]}"
    for top, file in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        folder = Path(top) / name
        if _is_made(folder, file):
            yield folder
            procs = folder / "cgroup.procs"
            until(lambda procs=procs: not procs.read_text(), "the end of what runs in the cgroup")
            folder.rmdir()
            return
    pytest.skip("no memory cgroup can be made here: that takes root and a memory controller")


def _is_made(folder, file):
    try:
        folder.mkdir()
    except OSError:
        return False
    try:
        (folder / file).write_text(str(LIMIT_BYTES))
        if (folder / "memory.swap.max").exists():
            (folder / "memory.swap.max").write_text("0")
    except OSError:
        folder.rmdir()
        return False
    return True


@pytest.mark.parametrize(("limits", "code"), [(("--memory", "100GiB"), 1), ((), 4)])
def test_a_process_that_the_kernel_kills_for_memory_does_not_fit(shell, cgroup, limits, code):
    inside = ("sh", "-c", f'echo $$ > {cgroup}/cgroup.procs && exec "$0" "$@"', *COMMAND)
    started = shell.start("check", shell.fake(latency_ms=10, leak_mib=2, real=True), *QUICK, *limits, command=inside)
    ended = started.end()
    assert ended.code == code
    assert "does not fit" in ended.out
    (measurement,) = shell.saved()
    assert measurement.processes[0].ended == "out of memory"
    assert measurement.processes[0].message == "killed by the kernel"
    assert measurement.processes[0].peak_memory_bytes > 50 << 20


def test_a_kill_by_somebody_else_is_not_taken_for_want_of_memory(shell, cgroup):
    inside = ("sh", "-c", f'echo $$ > {cgroup}/cgroup.procs && exec "$0" "$@"', *COMMAND)
    started = shell.start("check", shell.fake(latency_ms=10, real=True), *QUICK, command=inside)
    started.said("warming")
    os.kill(shell.measured(), 9)
    ended = started.end()
    assert ended.code == 4
    assert "does not fit" not in ended.out
    assert shell.saved()[0].processes[0].ended == "killed"


@pytest.mark.slow
@pytest.mark.parametrize(("limits", "code"), [(("--memory", "100GiB"), 1), ((), 4)])
def test_a_real_runtime_that_is_killed_while_it_is_proved_does_not_fit(shell, cgroup, monkeypatch, limits, code):
    monkeypatch.chdir(shell.work)
    model = write_greedy_onnx(shell.work).name
    recipe = Recipe(model=model, resolution=NATIVE, batch=1, weights="random", form="onnx", shapes=(), inputs=())
    produce(recipe, Cache(shell.cache), lambda words: None)  # out here, where there is room
    arguments = (model, "--runtime", "onnxruntime", *QUICK, *limits)
    inside = ("sh", "-c", f'echo $$ > {cgroup}/cgroup.procs && exec "$0" "$@"', *COMMAND)
    ended = shell.start("check", *arguments, command=inside).end()
    assert ended.code == code, ended.out + ended.err
    assert "does not fit" in ended.out
    assert shell.saved() == []
