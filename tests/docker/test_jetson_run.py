"""docker/jetson.sh writes the `docker run` line; a stand-in for docker shows what it was given."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from board.conftest import Desk
from targets.sshd import Sshd

from edgeprof.agent.board.whole import read

FOLDER = Path(__file__).resolve().parents[2] / "docker"
PRINTS = '#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done\n'


@pytest.fixture
def said(tmp_path):
    """The words that docker gets, by a home and a working directory with a space in their names."""
    home = tmp_path / "a home"
    (home / "bin").mkdir(parents=True)
    docker = home / "bin" / "docker"
    docker.write_text(PRINTS)
    docker.chmod(0o755)

    def by(script: str, *arguments: str, **environment: str) -> list[str]:
        variables = {"PATH": f"{home / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), **environment}
        done = subprocess.run([FOLDER / script, *arguments], cwd=home, env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return by


def mounts(words: list[str]) -> list[str]:
    return [following for word, following in pairwise(words) if word == "--volume"]


def test_the_image_and_its_arguments_come_last_and_whole(said):
    words = said("jetson.sh", "edgeprof:jetpack6", "check", "my model.onnx", "--limit", "p50_ms=3")
    assert words[0] == "run"
    assert words[-5:] == ["edgeprof:jetpack6", "check", "my model.onnx", "--limit", "p50_ms=3"]


def test_docker_is_asked_for_the_gpu_and_for_the_one_lock(said):
    words = said("jetson.sh", "image")
    assert words[words.index("--runtime") + 1] == "nvidia"
    assert "/tmp:/tmp" in mounts(words)


def test_only_what_is_there_is_mounted_but_for_the_copies_of_the_device_tree(said, tmp_path):
    """docker would make an empty folder of what is missing, and the agent would read that."""
    copies = tmp_path / "a home/.cache/edgeprof/device-tree"
    sources = [mount.split(":")[0] for mount in mounts(said("jetson.sh", "image"))]
    assert str(copies) in sources
    assert [source for source in sources if source.startswith("/") and not Path(source).exists()] == []
    assert f"{copies}:/run/edgeprof/device-tree:ro" in mounts(said("jetson.sh", "image"))


def test_options_of_docker_may_come_before_the_image(said):
    words = said("jetson.sh", "--env", "A=b c", "image", "x")
    assert words[-4:] == ["--env", "A=b c", "image", "x"]


def test_the_interpreter_of_jetpack_5_sees_the_home_of_whoever_logs_in(said, tmp_path):
    home = str(tmp_path / "a home")
    words = said("jetpack5/python3", "/x/edgeprof-agent-0.pyz")
    assert words[-2:] == ["edgeprof:jetpack5", "/x/edgeprof-agent-0.pyz"]
    assert f"{home}:{home}" in mounts(words)
    assert f"HOME={home}" in words
    assert "EDGEPROF_CONVERSATION" in words
    assert said("jetpack5/python3", "x", EDGEPROF_IMAGE="mine:1")[-2:] == ["mine:1", "x"]


@pytest.mark.ssh
@pytest.mark.slow
def test_a_device_whose_interpreter_is_a_containers_is_measured(shell, tmp_path):
    """The stand-in runs the image's command here; what it was given in between is looked at above."""
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\nwhile [ "$1" != edgeprof:jetpack5 ]; do shift; done\nshift\nexec python3 "$@"\n')
    docker.chmod(0o755)
    device = Sshd(tmp_path / "device", PATH=f"{docker.parent}:/usr/local/bin:/usr/bin:/bin")
    try:
        desk = Desk(shell, "box", device.config)
        desk.configure(python=str(FOLDER / "jetpack5" / "python3"))
        ended = desk("measure", shell.fake(latency_ms=10), "--device", "box", "--iterations", "20")
    finally:
        device.stop()
    assert ended.code == 0, ended.err
    assert len(shell.saved()[0].processes[0].samples_s) == 20


def test_the_agent_reads_the_copies_where_they_are_mounted(tmp_path):
    tree = tmp_path / "run/edgeprof/device-tree"
    tree.mkdir(parents=True)
    (tree / "model").write_text("NVIDIA Jetson AGX Orin Developer Kit\0")
    (tree / "compatible").write_text("nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234\0")
    board = read(tmp_path)
    assert (board.kind, board.module, board.chip) == ("jetson", "p3701-0005", "tegra234")
    assert board.model == "NVIDIA Jetson AGX Orin Developer Kit"
