"""What a device's login shell is asked to run: any shell, any Python, and words for those that do not do."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

from edgeprof.core.errors import TargetError
from edgeprof.core.protocol import Order, Task
from edgeprof.targets.conversation import conversation
from edgeprof.targets.remote_shell import GREETING, agent_command, keeper_command, keeper_program

SHELLS = ("sh", "dash", "bash", "zsh", "fish", "csh", "tcsh", "busybox")


def keeper_through(shell: str, home: Path, python: str = sys.executable, **environment: str) -> tuple[bytes, bytes]:
    """What the keeper says when this shell starts it as sshd would, and what is said on stderr."""
    program = keeper_program()
    line = shlex.join(keeper_command(python, program))
    ended = subprocess.run(
        [*([shell, "sh"] if shell == "busybox" else [shell]), "-c", line],
        input=program,
        capture_output=True,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", **environment},
        timeout=30,
    )
    return ended.stdout, ended.stderr


@pytest.mark.parametrize(
    "shell", [pytest.param(s, marks=pytest.mark.skipif(not which(s), reason=f"no {s}")) for s in SHELLS]
)
def test_every_login_shell_starts_the_keeper(shell, tmp_path):
    said, complaints = keeper_through(shell, tmp_path, PYTHONPATH="/nowhere", PYTHONHOME="/nowhere")

    greeting, ready = said.split(b"\n", 2)[1:]
    assert greeting.startswith(GREETING)
    assert json.loads(ready)["root"] == f"{tmp_path}/.cache/edgeprof/device"
    assert complaints == b""


@pytest.mark.parametrize(
    "shell", [pytest.param(s, marks=pytest.mark.skipif(not which(s), reason=f"no {s}")) for s in SHELLS]
)
def test_every_login_shell_starts_an_agent_whatever_its_path(shell, tmp_path):
    folder = tmp_path / "a 'b\" $(touch pwned) `c`;d|e&f"
    folder.mkdir()
    (folder / "agent.pyz").write_text(
        "import os; print(os.environ['EDGEPROF_CONVERSATION'], 'PYTHONPATH' in os.environ)"
    )
    line = shlex.join(agent_command(sys.executable, (3, 8), str(folder / "agent.pyz"), "to'ken"))
    ended = subprocess.run(
        [*([shell, "sh"] if shell == "busybox" else [shell]), "-c", line],
        cwd=tmp_path,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": "x"},
    )

    assert ended.stdout == b"\nto'ken False\n"
    assert list(tmp_path.glob("pwned")) == []


def test_a_command_is_one_line_without_what_csh_trips_over():
    line = shlex.join(keeper_command("python3", keeper_program()))

    assert line.isprintable()
    assert line.isascii()
    assert "!" not in line


@pytest.mark.ssh
def test_a_python_that_is_missing_is_told_with_those_that_are_there(reach):
    with pytest.raises(TargetError, match="has no /opt/none/python3") as caught:
        reach(python="/opt/none/python3").folder()

    assert "it has /usr/bin/python3" in caught.value.hint or "sudo apt install" in caught.value.hint


@pytest.mark.ssh
def test_a_device_without_any_python_is_told_to_install_one(reach, sshd, tmp_path):
    for name in ("sh", "env", "sed"):
        (tmp_path / name).symlink_to(which(name))
    sshd.stop()
    sshd.configure(f'HOME="{sshd.home}" PATH="{tmp_path}"')
    sshd.start()
    with pytest.raises(TargetError, match="has no python3") as caught:
        reach().folder()

    assert "sudo apt install python3" in caught.value.hint


@pytest.mark.ssh
@pytest.mark.parametrize("version", ["(2, 7, 18)", "(3, 6, 9)", "(3, 7, 17)"])
def test_a_python_that_is_too_old_is_named_with_its_version(reach, tmp_path, version):
    """The interpreter here, made to believe that it is an old one."""
    old = tmp_path / "python3"
    old.write_text(f"#!{sys.executable}\nimport sys\nsys.version_info = {version}\nexec(sys.argv[2])\n")
    old.chmod(0o755)
    with pytest.raises(TargetError) as caught:
        reach(python=str(old)).folder()

    assert f"is Python {version.strip('()').replace(', ', '.')}, and the agent needs 3.8" in caught.value.message
    assert "python:" in caught.value.hint


def interpreter(name: str) -> str:
    """One of these that works: pyenv puts shims for all it knows on the PATH."""
    found = [which(name), *map(str, (Path.home() / ".pyenv" / "versions").glob(f"*/bin/{name}"))]
    for path in filter(None, found):
        if subprocess.run([path, "-c", "pass"], capture_output=True).returncode == 0:
            return path
    pytest.skip(f"no {name} here")


@pytest.mark.ssh
@pytest.mark.parametrize("name", ["python2.7", "python3.6", "python3.7"])
def test_a_real_old_python_is_refused_too(reach, name):
    with pytest.raises(TargetError, match=r"the agent needs 3\.8") as caught:
        reach(python=interpreter(name)).folder()

    assert f"is Python {name[len('python') :]}." in caught.value.message


@pytest.mark.ssh
@pytest.mark.parametrize("name", ["python3.8", "python3.13"])
def test_an_agent_runs_with_the_byte_code_of_the_devices_own_python(reach, agent, name):
    target = reach(python=interpreter(name))
    with conversation(target, agent, Order(Task.DESCRIBE)) as events:
        (described,) = events

    assert described["host"]["python"].startswith(name[len("python") :] + ".")
    placed = Path(target.place(agent.digest, agent.path))
    assert (placed.parent / f"{placed.stem}.{name[len('python') :].replace('.', '')}.pyz").exists()


@pytest.mark.ssh
@pytest.mark.parametrize(
    "greeting", ["edgeprof-python 2.7\x1b[31m\x07.1", "edgeprof-no-python /usr/bin/\x1b]0;x\x07python3"]
)
def test_what_a_device_says_of_its_python_moves_no_cursor(reach, pretender, greeting):
    with pytest.raises(TargetError) as caught:
        reach(python=pretender(greeting=greeting)).folder()

    assert (caught.value.message + caught.value.hint).isprintable()


@pytest.mark.ssh
def test_a_python_in_the_home_may_be_named_with_a_tilde(reach, sshd):
    (sshd.home / "my python").symlink_to(sys.executable)

    assert reach(python="~/my python").folder()


@pytest.mark.ssh
def test_a_python_that_ends_at_once_is_told_with_its_last_words(reach, tmp_path):
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\necho 'no such library' >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(TargetError, match="ended with exit code 3") as caught:
        reach(python=str(broken)).folder()

    assert "no such library" in caught.value.hint


@pytest.mark.ssh
def test_a_login_shell_that_talks_first_is_heard_out(reach, sshd, agent):
    """A message of the day, colours, a line without an end, and JSON that is no greeting."""
    noise = "echo welcome; printf '\\033[31mred\\033[0m\\n{}\\n[1]\\n'; seq 40; printf 'no end'"
    (sshd.home / ".bashrc").write_text(noise + "\n")
    sshd.stop()
    sshd.configure(
        f'HOME="{sshd.home}" EDGEPROF_LOCK="{sshd.lock}"', f'ForceCommand {noise}; eval "$SSH_ORIGINAL_COMMAND"'
    )
    sshd.start()
    with conversation(reach(), agent, Order(Task.DESCRIBE)) as events:
        assert [event["event"] for event in events] == ["done"]


@pytest.mark.ssh
@pytest.mark.parametrize("noise", ["yes welcome", "head -c 6000000 /dev/zero", "cat /dev/urandom"])
def test_a_login_shell_that_never_stops_talking_is_given_up(reach, sshd, noise):
    sshd.stop()
    sshd.configure(f'HOME="{sshd.home}"', f"ForceCommand {noise}")
    sshd.start()
    with pytest.raises(TargetError, match=r"no end of other things|ended with exit code"):
        reach().folder()
