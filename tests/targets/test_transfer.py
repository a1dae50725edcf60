"""Files over links that are slow and break, to disks that are full, under names that are odd."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgeprof.agent import shelf
from edgeprof.core.errors import AgentError, TargetError
from edgeprof.core.files import digest_of_file
from edgeprof.targets.transfer import stored_name
from targets.conftest import a_file

pytestmark = pytest.mark.ssh
MIB = 1 << 20


def on_device(sshd) -> list[Path]:
    return sorted((sshd.cache / "edgeprof" / "device").iterdir())


def test_a_file_is_sent_once_and_found_again_by_the_next_target(reach, tmp_path):
    digest, path = a_file(tmp_path, MIB)
    first = reach().place(digest, path)
    stamp = os.stat(first)
    again = reach().place(digest, path)

    assert again == first
    assert Path(first).read_bytes() == path.read_bytes()
    assert os.stat(first).st_ino == stamp.st_ino
    assert stamp.st_mode & 0o777 == 0o400


@pytest.mark.parametrize("root", ["/tmp/\x1b[31mred", "/tmp/a\nb", "tmp/box", "~/box", 7, None, ["/tmp"]])
def test_a_folder_that_is_no_path_or_moves_a_cursor_is_refused(reach, pretender, root):
    target = reach(python=pretender(root=root))
    with pytest.raises(AgentError, match="spoke garbage") as caught:
        target.folder()

    assert caught.value.cause == "garbled"
    assert caught.value.message.isprintable()
    assert target.facts == {}


@pytest.mark.parametrize("time", [float("nan"), float("inf"), "nan", "inf", None, 10**400])
def test_a_clock_that_shows_no_time_is_refused(reach, pretender, time):
    with pytest.raises(AgentError, match="spoke garbage"):
        reach(python=pretender(time=time)).folder()


@pytest.mark.parametrize("answer", ['{"error": "space", "needed": %d, "free": -1}', '{"error": "large", "bytes": %d}'])
def test_a_size_beyond_all_measure_is_only_not_shown(reach, pretender, answer):
    with pytest.raises(TargetError, match="some MiB"):
        reach(python=pretender(answer % 10**400)).folder()


def test_the_folder_is_the_users_alone(reach, sshd, tmp_path):
    reach().place(*a_file(tmp_path))

    assert (sshd.cache / "edgeprof" / "device").stat().st_mode & 0o777 == 0o700


def test_what_was_written_to_since_is_sent_again(reach, tmp_path):
    digest, path = a_file(tmp_path)
    target = reach()
    placed = Path(target.place(digest, path))
    target.close()  # it notes the use a moment later, and whoever writes just then is not seen
    placed.chmod(0o600)
    placed.write_bytes(b"\0" * path.stat().st_size)

    assert Path(reach().place(digest, path)).read_bytes() == path.read_bytes()


def test_what_is_cut_off_in_the_middle_goes_on_where_it_stopped(reach, proxied, tmp_path):
    digest, path = a_file(tmp_path, 24 * MIB)
    target = reach("far")
    target.folder()
    proxied.cut_after = 12 * MIB

    placed = target.place(digest, path)

    assert digest_of_file(placed) == digest
    assert proxied.connections == 2
    assert any("going on where it stopped" in line for line in target.said)


def test_what_was_left_by_an_attempt_before_is_not_sent_again(reach, proxied, sshd, tmp_path):
    digest, path = a_file(tmp_path, 24 * MIB)
    reach().folder()
    part = sshd.cache / "edgeprof" / "device" / f"{stored_name(digest, path)}.part"
    part.write_bytes(path.read_bytes()[: 23 * MIB])
    proxied.bytes_a_second = 4 * MIB
    begin = time.monotonic()

    placed = reach("far").place(digest, path)

    assert digest_of_file(placed) == digest
    assert time.monotonic() - begin < 4.0  # all of it takes 6 s
    assert not part.exists()


def test_a_beginning_that_is_another_files_is_found_out_and_sent_anew(reach, sshd, tmp_path):
    digest, path = a_file(tmp_path, MIB)
    target = reach()
    target.folder()
    (sshd.cache / "edgeprof" / "device" / f"{stored_name(digest, path)}.part").write_bytes(b"\0" * (MIB // 2))
    target.close()

    placed = target.place(digest, path)

    assert digest_of_file(placed) == digest
    assert any("damaged" in line for line in target.said)


@pytest.mark.slow
def test_a_link_that_breaks_every_time_is_given_up(reach, proxied, sshd, tmp_path):
    digest, path = a_file(tmp_path, 8 * MIB)
    target = reach("far")
    target.folder()
    sshd.stop()
    proxied.cut()
    with pytest.raises(TargetError, match='device "box" cannot be reached'):
        target.place(digest, path)


def test_progress_is_shown_while_it_is_sent(reach, proxied, tmp_path):
    proxied.bytes_a_second = 8 * MIB
    target = reach("far")
    target.place(*a_file(tmp_path, 8 * MIB, "a\x1b[31mb.onnx"))

    assert any(line.startswith("sending a [31mb.onnx to box, ") for line in target.shown)
    assert all(line.isprintable() for line in target.shown)


def test_where_the_kernel_passes_on_to_sockets_alone_a_file_is_copied(reach, tmp_path, monkeypatch):
    def refuse(*_arguments: object) -> int:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "sendfile", refuse)
    digest, path = a_file(tmp_path, 3 * MIB)

    assert Path(reach().place(digest, path)).read_bytes() == path.read_bytes()


def test_a_file_that_is_cut_short_while_it_is_sent_is_told(reach, proxied, tmp_path):
    digest, path = a_file(tmp_path, 24 * MIB)
    target = reach("far")
    target.folder()
    proxied.bytes_a_second = 8 * MIB
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(target.place, digest, path)
        time.sleep(0.5)
        os.truncate(path, 1000)
        with pytest.raises(TargetError, match="was changed while it was sent"):
            sending.result()


def test_two_that_send_the_same_do_not_spoil_it(reach, proxied, tmp_path):
    digest, path = a_file(tmp_path, 8 * MIB)
    proxied.bytes_a_second = 8 * MIB
    slow, fast = reach("far"), reach()
    with ThreadPoolExecutor() as pool:
        sending = [pool.submit(slow.place, digest, path)]
        time.sleep(0.5)
        sending.append(pool.submit(fast.place, digest, path))
    placed = [sent.result() for sent in sending]

    assert len(set(placed)) == 1
    assert digest_of_file(placed[0]) == digest


@pytest.mark.slow
def test_a_delay_of_300_ms_costs_a_few_round_trips(reach, proxied, agent, tmp_path):
    files = [(agent.digest, agent.path), *(a_file(tmp_path, 100 + i, f"{i}.npy") for i in range(4))]
    for digest, path in files:
        reach().place(digest, path)
    proxied.delay_s = 0.15
    target = reach("far")
    target.folder()
    begin = time.monotonic()
    for digest, path in files:
        target.place(digest, path)

    assert time.monotonic() - begin < 0.3  # what is there is known from the beginning


NAMES = ("$(touch pwned).onnx", "a'b\"c.onnx", "-rf.onnx", "a b\nc.onnx", "é日.onnx", "`x`;x|x&x.npy", "x" * 200)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_a_shell_would_act_on_is_only_a_name(reach, sshd, tmp_path, name):
    digest, path = a_file(tmp_path, 100, name)
    placed = reach().place(digest, path)

    assert Path(placed).read_bytes() == path.read_bytes()
    assert shelf.NAME.fullmatch(Path(placed).name)
    assert [p.name for p in sshd.home.iterdir()] == []


def test_a_digest_that_is_none_is_refused(reach, tmp_path):
    _, path = a_file(tmp_path)
    with pytest.raises(TargetError, match="no digest"):
        reach().place("../../etc/passwd", path)


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root mounts a file system")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_too_small_is_told_with_what_it_takes(reach, sshd, tmp_path, small_disk):
    sshd.stop()
    sshd.configure(f'HOME="{sshd.home}" XDG_CACHE_HOME="{small_disk}"')
    sshd.start()
    with pytest.raises(TargetError, match="no space") as caught:
        reach().place(*a_file(tmp_path, 16 * MIB))

    assert "16 MiB are needed, 4.0 MiB are free" in caught.value.message
    assert "edgeprof device clean box" in caught.value.hint


def test_a_disk_that_fills_up_on_the_way_is_told_and_nothing_is_left(reach, sshd, tmp_path, small_disk):
    sshd.stop()
    sshd.configure(f'HOME="{sshd.home}" XDG_CACHE_HOME="{small_disk}"')
    sshd.start()
    sshd.alias("slow", None)
    target = reach()
    target.folder()
    keeper = target._keeper
    (small_disk / "others").write_bytes(b"\0" * 2 * MIB)
    assert keeper is not None
    digest, path = a_file(tmp_path, 3 * MIB)
    with pytest.raises(TargetError, match="no space"):
        target.place(digest, path)

    assert [p.name for p in (small_disk / "edgeprof" / "device").glob("*.part")] == []
    (small_disk / "others").unlink()
    assert digest_of_file(target.place(digest, path)) == digest


def test_a_home_that_is_read_only_is_passed_over_with_words(reach, sshd, small_disk, tmp_path):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    sshd.stop()
    sshd.configure(f'HOME="{small_disk}"')
    sshd.start()
    target = reach()
    placed = target.place(*a_file(tmp_path))
    target.clean(0.0)

    assert placed.startswith(f"/var/tmp/edgeprof-{os.getuid()}/device/")
    assert any("Read-only file system" in line and str(small_disk) in line for line in target.said)


def test_a_folder_that_nothing_may_be_executed_from_is_as_good(reach, sshd, small_disk, agent):
    from edgeprof.core.protocol import Order, Task
    from edgeprof.targets.conversation import conversation

    subprocess.run(["mount", "-o", "remount,noexec", str(small_disk)], check=True)
    sshd.stop()
    sshd.configure(f'HOME="{small_disk}" EDGEPROF_LOCK="{sshd.lock}"')
    sshd.start()
    with conversation(reach(), agent, Order(Task.DESCRIBE)) as events:
        assert [event["event"] for event in events] == ["done"]
