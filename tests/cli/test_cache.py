"""`edgeprof cache`, and a cache that is a link, in the way, read-only or full."""

from __future__ import annotations

import os
import subprocess

import pytest

from edgeprof.targets.bundle import bundle

QUICK = ("--quick", "--p99", "20")
CONVERT = ("--iterations", "20", "--warmup", "5it", "--runtime", "onnxruntime")


@pytest.fixture
def kept(shell, small_onnx):
    """The cache holds one artefact."""
    ended = shell("measure", shell.use(small_onnx), *CONVERT)
    assert ended.code == 0, ended.err


@pytest.mark.usefixtures("kept")
def test_ls_gc_and_clear_tell_of_the_same_artefacts(shell):
    assert "small.onnx" in shell("cache", "ls").out
    assert shell("cache", "ls").out.splitlines()[-1].startswith("1 artefacts")
    assert shell("cache", "gc").out.startswith("removed 0 artefacts")
    assert shell("cache", "gc", "--cap", "0.000001MiB").out.startswith("removed 1 artefacts")
    assert shell("cache", "ls").out.startswith("0 artefacts")


@pytest.mark.usefixtures("kept")
def test_clear_leaves_a_cache_that_fills_again(shell):
    assert shell("cache", "clear").out.startswith("removed 1 artefacts")
    assert list((shell.cache / "artefacts").iterdir()) == []
    again = shell("measure", "small.onnx", *CONVERT)
    assert again.code == 0
    assert "reading the file" in again.err  # it was made anew
    assert "1 artefacts" in shell("cache", "ls").out


def test_an_empty_cache_is_no_error(shell):
    for command in ("ls", "gc", "clear"):
        assert shell("cache", command).code == 0
    assert not shell.cache.exists()


def test_an_agent_that_rotted_in_the_cache_is_written_again(shell):
    model = shell.fake(latency_ms=10)
    agent = bundle(shell.cache / "agent").path
    agent.write_bytes(agent.read_bytes()[:1000])
    assert shell("check", model, *QUICK).code == 0
    agent.write_text("raise SystemExit('not the agent')")
    assert shell("check", model, *QUICK).code == 0


def test_a_link_to_a_folder_of_ones_own_is_followed(shell):
    (shell.folder / "elsewhere").mkdir()
    shell.cache.symlink_to(shell.folder / "elsewhere")
    assert shell("check", shell.fake(latency_ms=10), *QUICK).code == 0
    assert list((shell.folder / "elsewhere" / "agent").iterdir())


@pytest.mark.parametrize("command", [("check", "x.fake.json"), ("cache", "ls"), ("cache", "clear")], ids=" ".join)
def test_a_link_to_nowhere_ends_in_5(shell, command):
    shell.fake(latency_ms=10)
    shell.cache.symlink_to(shell.folder / "gone")
    ended = shell(*command)
    assert ended.code == 5
    assert str(shell.cache) in ended.err
    assert "EDGEPROF_CACHE" in ended.err


@pytest.mark.parametrize("command", [("check", "x.fake.json"), ("cache", "ls")], ids=" ".join)
def test_a_file_where_the_cache_should_be_ends_in_5(shell, command):
    shell.fake(latency_ms=10)
    shell.cache.write_text("in the way")
    ended = shell(*command)
    assert ended.code == 5
    assert "EDGEPROF_CACHE" in ended.err
    assert shell.cache.read_text() == "in the way"


@pytest.fixture
def mount(shell):
    """A small file system on a folder; it takes root and the right to mount."""
    mounted = []

    def on(folder, options):
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"cannot mount here: {done.stderr.strip()}")
        mounted.append(folder)

    yield on
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def fill(folder):
    """Leave no byte free."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


def test_a_full_disk_costs_the_saved_file_and_not_the_verdict(shell, mount):
    mount(shell.measurements, "size=64k")
    fill(shell.measurements)
    ended = shell("check", shell.fake(latency_ms=50), *QUICK)
    assert ended.code == 1
    assert " FAIL " in ended.out
    assert "warning: the measurement is not saved" in ended.err
    assert "No space left on device" in ended.err
    assert "EDGEPROF_MEASUREMENTS" in ended.err
    assert [path.name for path in shell.measurements.iterdir()] == ["filler"]  # no half of a file is left


def test_a_full_cache_ends_in_5(shell, mount):
    mount(shell.cache, "size=64k")
    fill(shell.cache)
    ended = shell("check", shell.fake(latency_ms=10), *QUICK)
    assert ended.code == 5
    assert "No space left on device" in ended.err
    assert "EDGEPROF_CACHE" in ended.err


def test_a_cache_that_fills_up_while_converting_ends_in_5_and_keeps_nothing(shell, mount, small_onnx):
    mount(shell.cache, "size=4m")
    bundle(shell.cache / "agent")
    fill(shell.cache)
    ended = shell("check", shell.use(small_onnx), *QUICK, "--runtime", "onnxruntime")
    assert ended.code == 5
    assert "no space left" in ended.out
    assert list((shell.cache / "artefacts").glob("*")) == []


def test_a_read_only_cache_ends_in_5_and_still_serves_what_it_holds(shell, mount):
    model = shell.fake(latency_ms=10)
    mount(shell.cache, "size=4m")
    subprocess.run(["mount", "-o", "remount,ro", shell.cache], check=True)
    ended = shell("check", model, *QUICK)
    assert ended.code == 5
    assert "Read-only file system" in ended.err
    subprocess.run(["mount", "-o", "remount,rw", shell.cache], check=True)
    assert shell("check", model, *QUICK).code == 0
    subprocess.run(["mount", "-o", "remount,ro", shell.cache], check=True)
    assert shell("check", model, *QUICK).code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_one_may_not_write_ends_in_5(shell):
    shell.cache.mkdir(mode=0o500)
    assert shell("check", shell.fake(latency_ms=10), *QUICK).code == 5
