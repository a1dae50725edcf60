"""A device for tests: an sshd of our own on loopback, its keys and all it writes in one folder, ended by its pid."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from pathlib import Path

SSHD = "/usr/sbin/sshd"


class Sshd:
    """`config` is what ssh's -F takes; `box` in it is the device. `environment` is every session's there."""

    def __init__(self, folder: Path, **environment: object) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.cache = folder / "cache"
        self.lock = folder / "lock"
        self.config = folder / "ssh_config"
        self.known_hosts = folder / "known_hosts"
        for path in (folder, self.home):
            path.mkdir(mode=0o700, exist_ok=True)
        self.port = free_port()
        for name in ("host_key", "key"):
            make_key(folder / name)
        self._trust(self.folder / "host_key.pub")
        (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
        given = {"HOME": self.home, "XDG_CACHE_HOME": self.cache, "EDGEPROF_LOCK": self.lock, **environment}
        self.configure(" ".join(f'{name}="{value}"' for name, value in given.items()))
        self.alias("box")
        self.start()

    def configure(self, environment: str, *more: str) -> None:
        lines = (
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.folder}/host_key",
            f"AuthorizedKeysFile {self.folder}/authorized_keys",
            f"PidFile {self.folder}/pid",
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "UsePAM no",
            "StrictModes no",
            "MaxStartups 100",
            "Subsystem sftp internal-sftp",
            f"SetEnv {environment}",
            *more,
        )
        (self.folder / "sshd_config").write_text("\n".join(lines) + "\n")

    def alias(self, name: str, port: int | None = None, *more: str) -> str:
        """Another way to the device, a proxy's port perhaps."""
        lines = (
            f"Host {name}",
            "HostName 127.0.0.1",
            f"Port {port or self.port}",
            f"User {getpass.getuser()}",
            f"IdentityFile {self.folder}/key",
            "IdentitiesOnly yes",
            "IdentityAgent none",
            f"UserKnownHostsFile {self.known_hosts}",
            "GlobalKnownHostsFile none",
            "HostKeyAlias box",
            *more,
        )
        with self.config.open("a") as file:
            file.write("\n  ".join(lines) + "\n")
        return name

    def start(self) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where Debian's sshd separates its privileges
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")], stdin=subprocess.DEVNULL, stderr=log
            )
        deadline = time.monotonic() + 10
        while not is_listening(self.port):
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self) -> None:
        """As when the power goes: whatever runs in a session ends with it."""
        import psutil

        try:
            sessions = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        for process in sessions:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self._process.kill()
        self._process.wait(10)

    def change_host_key(self) -> None:
        """Another device answers under this one's address."""
        self.stop()
        for path in self.folder.glob("host_key*"):
            path.unlink()
        make_key(self.folder / "host_key")
        self.start()

    def forget_host_key(self) -> None:
        self.known_hosts.write_text("")

    def refuse_key(self) -> None:
        (self.folder / "authorized_keys").write_text("")

    def agents(self) -> list[int]:
        """Supervisors and measured processes of agents that run on the device."""
        wanted = f"EDGEPROF_LOCK={self.lock}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                is_here = wanted in (process / "environ").read_bytes().split(b"\0")
                words = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if is_here and words[0] not in (b"sh", b"ssh") and any(b"edgeprof-agent-" in word for word in words):
                found.append(int(process.name))
        return sorted(found)

    def _trust(self, public: Path) -> None:
        kind, key, *_ = public.read_text().split()
        self.known_hosts.write_text(f"box {kind} {key}\n")


def make_key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
