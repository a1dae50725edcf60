"""Start the emulated board's own sshd on loopback, and say how ssh reaches it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from targets.sshd import SSHD, free_port, make_key

ENTER = Path(__file__).resolve().parents[1] / "enter.sh"
USER = "board"
_STARTS_WITHIN_S = 60.0  # an emulated one takes its time

SSHD_CONFIG = """\
AuthorizedKeysFile {inside}/authorized_keys
HostKey {inside}/host_key
ListenAddress 127.0.0.1
LogLevel VERBOSE
PasswordAuthentication no
PidFile none
Port {port}
StrictModes no
Subsystem sftp internal-sftp
UseDNS no
UsePAM no
"""
SSH_CONFIG = """\
Host {name}
    HostName 127.0.0.1
    Port {port}
    User {user}
    IdentityFile {here}/key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {here}/known_hosts
    GlobalKnownHostsFile none
"""


@dataclass(frozen=True)
class Emulated:
    """`config` is what ssh's -F takes, and `name` the device in it; everything on the board is below `top`."""

    name: str
    config: Path
    top: int

    def agents(self) -> list[int]:
        """Supervisors and measured processes, a supervisor before what it measures."""
        return [pid for pid in below(self.top) if _is_agent(command_of(pid).split(b"\0"))]

    def cut(self) -> None:
        """End every connection, as a link does that breaks; what was started through it is left alone."""
        daemons = [pid for pid in below(self.top) if _is_sshd(command_of(pid).split(b"\0"))]
        for pid in daemons[1:]:  # the first listens
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def emulated(name: str, root: Path, environment: Mapping[str, str] | None = None) -> Iterator[Emulated]:
    """The board while the block runs; `environment` is that of every session."""
    with tempfile.TemporaryDirectory() as made, _folder(root) as there:
        here = Path(made)
        port = free_port()
        _write_keys(here, there, port)
        inside = Path("/") / there.relative_to(root)
        variables = " ".join(f'{key}="{value}"' for key, value in (environment or {}).items())
        settings = f"SetEnv {variables}\n" if variables else ""
        (there / "sshd_config").write_text(SSHD_CONFIG.format(inside=inside, port=port) + settings)
        (here / "config").write_text(SSH_CONFIG.format(name=name, port=port, user=USER, here=here))
        with (here / "log").open("wb") as log:
            process = subprocess.Popen(
                ["sh", ENTER, root, SSHD, "-D", "-e", "-f", inside / "sshd_config"],
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            _await_greeting(here, process)
            yield Emulated(name, here / "config", process.pid)
        finally:
            process.kill()  # unshare does not hear SIGTERM; with it goes all that the board runs
            process.wait()


def below(pid: int) -> list[int]:
    """Its children and theirs, each after its parent."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))

    def walk(of: int) -> Iterator[int]:
        for child in sorted(children.get(of, [])):
            yield child
            yield from walk(child)

    return list(walk(pid))


def command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _is_agent(words: list[bytes]) -> bool:
    """Not the shell that started it, whose words name it too."""
    return b"/python3" in _program(words) and any(b"edgeprof-agent-" in word for word in words)


def _is_sshd(words: list[bytes]) -> bool:
    """By its first words: the titles that it gives itself stay inside qemu."""
    return _program(words).endswith(b"/sshd")


def _program(words: list[bytes]) -> bytes:
    return next((word for word in words if b"qemu-" not in word), b"")


@contextmanager
def _folder(root: Path) -> Iterator[Path]:
    """Inside the root, for what sshd reads; its users may enter it."""
    (root / "run/sshd").mkdir(parents=True, exist_ok=True)  # sshd's empty folder, which a real board makes as it boots
    made = Path(tempfile.mkdtemp(prefix="edgeprof-", dir=root / "run"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made)


def _write_keys(here: Path, there: Path, port: int) -> None:
    for path in (here / "key", there / "host_key"):
        make_key(path)
    (there / "authorized_keys").write_text((here / "key.pub").read_text())
    (here / "known_hosts").write_text(f"[127.0.0.1]:{port} {(there / 'host_key.pub').read_text()}")


def _await_greeting(here: Path, process: subprocess.Popen[bytes]) -> None:
    """By the key's own login, which is slow the first time: what is timed later has to find it warm."""
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while True:
        words = ["ssh", "-F", here / "config", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", _alias(here), "true"]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode == 0:
            return
        said = f"{done.stderr}\n{(here / 'log').read_text()}"
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.2)


def _alias(here: Path) -> str:
    return (here / "config").read_text().split()[1]
