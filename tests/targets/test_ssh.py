"""A device behind ssh: found again after it was gone, believed in nothing it says of files, left as it was."""

from __future__ import annotations

import getpass
import os
import threading
import time
from pathlib import Path

import pytest

from edgeprof.core.errors import AgentError, ConfigError, TargetError
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling
from edgeprof.targets import Cleaned
from edgeprof.targets.conversation import conversation
from edgeprof.targets.ssh import SshTarget
from targets.conftest import a_fake, a_file, error_after

pytestmark = pytest.mark.ssh
LONG = Sampling(max_s=600.0, least_s=600.0)


def processes_of(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in words:
            found.append(words)
    return found


def test_all_that_was_started_is_gone_when_the_target_closes(reach, sshd, agent, tmp_path):
    target = reach()
    with conversation(target, agent, Order(Task.DESCRIBE)) as events:
        list(events)
    folder = target.folder()
    assert processes_of(str(sshd.config))

    target.close()

    assert processes_of(str(sshd.config)) == []
    assert not os.path.exists(folder)


def test_one_connection_carries_everything(reach, proxied, agent, tmp_path):
    target = reach("far")
    for _ in range(2):
        with conversation(target, agent, Order(Task.DESCRIBE)) as events:
            list(events)
    target.fetch(target.place(*a_file(tmp_path)))

    assert proxied.connections == 1


def test_a_jump_host_of_the_users_configuration_is_jumped_over(reach, sshd, proxied):
    sshd.alias("behind", None, "ProxyJump far")

    assert reach("behind").folder()
    assert proxied.connections == 1


def test_an_address_with_a_user_and_a_port_needs_no_alias(reach, sshd):
    sshd.alias("127.0.0.1", 1)

    assert reach(f"ssh://{getpass.getuser()}@127.0.0.1:{sshd.port}").folder()


def test_what_a_user_has_set_up_for_people_is_no_hindrance(reach, sshd):
    """A command of its own, a terminal, forwardings that fail, and little to say."""
    lines = (
        "RemoteCommand tmux",
        "RequestTTY force",
        "LocalForward 1 nowhere:1",
        "LogLevel QUIET",
        "ControlMaster auto",
    )
    sshd.alias("people", None, *lines, "ExitOnForwardFailure yes", f"ControlPath {sshd.folder}/theirs")

    assert reach("people").folder()
    assert not (sshd.folder / "theirs").exists()


def test_the_way_there_is_in_its_facts(reach, sshd):
    target = reach()
    assert target.facts == {}
    target.folder()

    assert target.facts["kept_in"] == str(sshd.cache / "edgeprof" / "device")
    assert abs(target.facts["clock_offset_s"]) < 5


def test_the_second_start_is_with_byte_code_of_the_devices_own_python(reach, sshd, agent):
    target = reach()
    placed = target.place(agent.digest, agent.path)
    with conversation(target, agent, Order(Task.DESCRIBE)) as events:
        list(events)

    compiled = [path.name for path in Path(placed).parent.glob("*.pyz") if str(path) != placed]
    assert len(compiled) == 1
    assert compiled[0].startswith(Path(placed).stem + ".3")


def test_a_device_that_starts_up_is_waited_for(reach, sshd):
    sshd.stop()
    threading.Timer(3.0, sshd.start).start()
    target = reach(wait_s=30.0)

    assert target.folder()
    assert "waiting for box: connection refused" in target.shown


def test_a_device_that_does_not_come_is_given_up_in_time(reach, sshd):
    sshd.stop()
    begin = time.monotonic()
    with pytest.raises(TargetError, match="connection refused"):
        reach(wait_s=3.0).folder()

    assert 2.5 < time.monotonic() - begin < 10


def test_waiting_does_not_help_against_a_refused_key(reach, sshd):
    sshd.refuse_key()
    begin = time.monotonic()
    with pytest.raises(TargetError, match="authentication failed"):
        reach(wait_s=60.0).folder()

    assert time.monotonic() - begin < 10


def test_a_device_that_reboots_is_lost_and_found_again(reach, sshd, agent, tmp_path):
    job, path = a_fake(tmp_path, latency_ms=5, real=True)
    target = reach(wait_s=30.0)
    order = Order(Task.MEASURE, job, target.place(job.artefact, path), sampling=LONG)
    error = error_after(target, agent, order, "loading", sshd.stop)
    threading.Timer(2.0, sshd.start).start()

    assert error.cause == "lost"
    assert error.message.startswith("the link to box was lost: ")
    with conversation(target, agent, Order(Task.DESCRIBE)) as events:
        assert [event["event"] for event in events] == ["done"]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "{root}/../../../etc/passwd", "{root}/a/b/c", "{root}/.hidden", "{root}", "", "{root}/a b"]
)
def test_a_path_outside_of_its_folder_is_not_fetched(reach, path):
    target = reach()
    root = Path(target.folder()).parent
    with pytest.raises(AgentError, match="not edgeprof's") as caught:
        target.fetch(path.format(root=root))

    assert caught.value.cause == "garbled"


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "nothing"])
def test_what_is_no_file_is_not_fetched(reach, kind):
    target = reach()
    path = Path(target.folder(), "output.npy")
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(TargetError, match="hands out no such file"):
        target.fetch(str(path))


def test_what_is_too_large_is_not_fetched(reach):
    target = reach()
    path = Path(target.folder(), "output.npy")
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(TargetError, match="too large: 1024 MiB"):
        target.fetch(str(path))


def test_what_is_fetched_lies_under_a_name_of_ours(reach):
    target = reach()
    path = Path(target.folder(), "output.npy")
    path.write_bytes(b"content")
    here = target.fetch(str(path))

    assert here.read_bytes() == b"content"
    assert here.name.isalnum()
    target.close()
    assert not here.exists()


def test_only_what_is_old_is_cleaned(reach, sshd, tmp_path):
    target = reach()
    old, new = (Path(target.place(*a_file(tmp_path, size, f"{size}.npy"))) for size in (10, 20))
    target.close()
    stamp = old.stat()
    os.utime(old, ns=(stamp.st_atime_ns - 40 * 86400 * 10**9, stamp.st_mtime_ns))

    cleaned = target.clean(30 * 86400.0)

    assert (cleaned.files, cleaned.bytes) == (1, 10)
    assert [old.exists(), new.exists()] == [False, True]


def test_what_another_session_uses_is_left_to_it(reach, tmp_path):
    target, other = reach(), reach()
    placed = Path(other.place(*a_file(tmp_path, 10)))

    assert target.clean(0.0) == Cleaned(0, 0, left=1)
    assert placed.exists()

    other.close()
    time.sleep(0.5)
    assert target.clean(0.0) == Cleaned(1, 10)


def test_an_option_in_the_place_of_a_host_is_never_given_to_ssh(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError):
        SshTarget("-oProxyCommand=touch pwned")

    assert list(tmp_path.glob("pwned")) == []


def test_nothing_of_the_keys_is_in_the_process_list(reach, sshd):
    reach().folder()
    lines = processes_of(str(sshd.config))
    secret = (sshd.folder / "key").read_text().splitlines()[1]

    assert lines
    assert not any(secret in line for line in lines)
    assert all("StrictHostKeyChecking" not in line for line in lines)
    assert all("BatchMode=yes" in line for line in lines if line.startswith("ssh "))


def test_ssh_that_is_missing_is_told(reach, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TargetError, match="cannot start ssh"):
        reach().folder()
