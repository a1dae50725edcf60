"""This machine behind an sshd of our own, so that the wire is all that differs from measuring here."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeprof.agent.supervisor import lock_path
from edgeprof.core.machine import Machine
from tests.targets.sshd import Sshd

BOX = Machine("loopback", host="box", python=sys.executable)


@contextmanager
def loopback() -> Iterator[Sshd]:
    """`BOX` can be reached inside."""
    with tempfile.TemporaryDirectory() as folder:
        sshd = Sshd(Path(folder) / "device", EDGEPROF_LOCK=lock_path())
        before = os.environ.get("EDGEPROF_SSH_CONFIG")
        os.environ["EDGEPROF_SSH_CONFIG"] = str(sshd.config)
        try:
            yield sshd
        finally:
            if before is None:
                del os.environ["EDGEPROF_SSH_CONFIG"]
            else:
                os.environ["EDGEPROF_SSH_CONFIG"] = before
            sshd.stop()


@contextmanager
def shared_connection(sshd: Sshd, folder: Path) -> Iterator[list[str]]:
    """ssh's options for a connection that is open already."""
    options = ["-F", str(sshd.config), "-o", f"ControlPath={folder}/s"]
    with subprocess.Popen(["ssh", *options, "-M", "-N", "box"], stdin=subprocess.DEVNULL) as master:
        while not (folder / "s").exists():
            time.sleep(0.01)
        try:
            yield options
        finally:
            master.terminate()
