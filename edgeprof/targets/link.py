"""One ssh connection to a device, shared by every session on it, and gone when this process is.

Ports, jump hosts, identities and known hosts are the user's own ~/.ssh/config's, or $EDGEPROF_SSH_CONFIG's.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress

from edgeprof.core.errors import TargetError

# None of them weakens what the user's configuration asks for. ssh ends by itself 15 s after a link has died.
_OPTIONS = (
    "BatchMode=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "LogLevel=INFO",  # with less, ssh does not say why it ends
    "ControlPersist=no",
)
_SSH = "ssh"  # the one that the user's own shell finds
_LONGEST_FOLDER = 60  # a socket's path ends at 104 characters, and ssh adds 17 while it makes it
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")
_ENDS_WITHIN_S = 2.0


class Link:
    """`master` is the first session; without it and the sessions beside it there is no connection."""

    def __init__(self, destination: str, command: Sequence[str], environ: Mapping[str, str] = os.environ) -> None:
        self._destination = destination
        self._environ = _environment(environ)
        config = environ.get("EDGEPROF_SSH_CONFIG")
        self._config = ["-F", config] if config else []
        self._folder = _private_folder()
        try:
            self.master = self._start("ControlMaster=yes", command)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def session(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Run a command on the device, over the same connection."""
        return self._start("ControlMaster=no", command)

    def close(self) -> None:
        """Close the first session's stdin, which ends it; end the connection whatever still uses it."""
        for pipe in (self.master.stdin, self.master.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        try:
            self.master.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.master.kill()
            self.master.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, role: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        options = [*_OPTIONS, role, f"ControlPath={self._folder}/s"]
        given = [word for option in options for word in ("-o", option)]
        try:
            return subprocess.Popen(
                [_SSH, *self._config, "-T", *given, "--", self._destination, shlex.join(command)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environ,
                start_new_session=True,  # Ctrl-C reaches us alone, and no jump host's ssh finds a terminal to ask on
            )
        except OSError as error:
            raise TargetError(f"cannot start ssh: {error.strerror}", "install OpenSSH's client") from error


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Nobody is there to answer a window that asks for a password."""
    kept = {name: value for name, value in environ.items() if name != "SSH_ASKPASS"}
    return {**kept, "SSH_ASKPASS_REQUIRE": "never"}


def _private_folder() -> str:
    """For the control socket: short, and of characters that ssh's own syntax leaves alone."""
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 (mkdtemp makes it private)
        if len(parent) <= _LONGEST_FOLDER and _PLAIN.fullmatch(parent):
            with suppress(OSError):
                return tempfile.mkdtemp(prefix="edgeprof-", dir=parent)
    raise TargetError("there is no folder for ssh's control socket", "set TMPDIR to a short path that you may write")
