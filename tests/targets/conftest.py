"""Devices for the tests of targets: one of ssh's on loopback, and what is placed on it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgeprof.core.errors import AgentError
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Job, Tensor
from edgeprof.core.protocol import Order
from edgeprof.targets import Target
from edgeprof.targets.bundle import Bundle, bundle
from edgeprof.targets.conversation import conversation
from edgeprof.targets.ssh import SshTarget
from targets.proxy import Proxy
from targets.sshd import Sshd

Reach = Callable[..., SshTarget]


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    made = Sshd(tmp_path / "device", PYTHONPATH=tmp_path)
    monkeypatch.setenv("EDGEPROF_SSH_CONFIG", str(made.config))
    yield made
    made.stop()


@pytest.fixture
def reach(sshd: Sshd) -> Iterator[Reach]:
    """Targets that are closed with the test; what they say is in `said`, what they show in `shown`."""
    made: list[SshTarget] = []

    def of(host: str = "box", **options: object) -> SshTarget:
        said: list[str] = []
        shown: list[str] = []
        target = SshTarget(host, say=said.append, show=shown.append, **{"name": "box", **options})  # type: ignore[arg-type]
        target.said, target.shown = said, shown  # type: ignore[attr-defined]
        made.append(target)
        return target

    yield of
    for target in made:
        target.close()


@pytest.fixture
def proxied(sshd: Sshd) -> Iterator[Proxy]:
    """The host `far` is the device behind this."""
    proxy = Proxy(sshd.port)
    sshd.alias("far", proxy.port)
    yield proxy
    proxy.close()


@pytest.fixture
def pretender(tmp_path: Path) -> Callable[..., str]:
    """An interpreter of the device's that says what it likes: a greeting, what is there, a line for each request."""

    def of(*lines: str, greeting: str = "edgeprof-python 3.11.2", **facts: object) -> str:
        ready = {"root": "/var/tmp/box", "passed_over": [], "placed": [], "parts": {}, "time": 0, **facts}
        script = tmp_path / "pretender"
        script.write_text(
            f"#!{sys.executable}\nimport sys\nprint({greeting!r})\nprint({json.dumps(ready)!r}, flush=True)\n"
            f"for line in {lines!r}:\n    sys.stdin.readline()\n    print(line, flush=True)\n"
            "sys.stdin.read()\n"
        )
        script.chmod(0o755)
        return str(script)

    return of


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(autouse=True)
def _own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEPROF_LOCK", str(tmp_path / "device" / "lock"))
    (tmp_path / "device").mkdir(mode=0o700, exist_ok=True)


def a_fake(folder: Path, **declared: object) -> tuple[Job, Path]:
    path = folder / "m.fake.json"
    path.write_text(json.dumps(declared))
    inputs = (Tensor("input", (1, 3, 8, 8), "float32"),)
    return Job("m", digest_of_file(path), "fake", inputs, "fake", "fp32"), path


def error_after(
    target: Target, agent: Bundle, order: Order, name: str, act: Callable[[], object], **options: float
) -> AgentError:
    """How a conversation ends when this is done at the first event of that name."""

    def converse() -> None:
        is_done = False
        with conversation(target, agent, order, **options) as events:
            for event in events:
                if event["event"] == name and not is_done:
                    act()
                    is_done = True

    with pytest.raises(AgentError) as caught:
        converse()
    return caught.value


def a_file(folder: Path, size: int = 100, name: str = "artefact.onnx") -> tuple[str, Path]:
    """Content that is like no other, and does not compress."""
    from random import Random

    path = folder / name
    path.write_bytes(Random(size).randbytes(size))
    return digest_of_file(path), path
