"""Start an agent from its bundle and talk to it as any caller does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

from edgeprof.core.codec import plain
from edgeprof.core.job import Job, Tensor
from edgeprof.core.protocol import Order, hello, line_of

Event = Dict[str, Any]


def a_fake_job(**changes: Any) -> Job:
    values: Dict[str, Any] = {"model": "fake", "artefact": "00", "form": "fake", "runtime": "fake", "precision": "fp32"}
    return Job(inputs=(Tensor("input", (1, 3, 8, 8), "float32"),), **{**values, **changes})


def a_fake(folder: Path, **declared: Any) -> str:
    path = folder / "model.fake.json"
    path.write_text(json.dumps(declared))
    return str(path)


class Agent:
    """An agent process with its three pipes; `close` ends it the way a caller does."""

    def __init__(self, bundle: Path, lock: Path, digest: str = "caller") -> None:
        environment = {**os.environ, "EDGEPROF_LOCK": str(lock)}
        self.process = subprocess.Popen(
            [sys.executable, str(bundle)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.greeting = hello(digest)

    def ask(self, order: Order) -> None:
        assert self.process.stdin
        self.process.stdin.write(line_of(self.greeting) + line_of(plain(order)))
        self.process.stdin.flush()

    def hear(self) -> Event:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.stderr()
        event: Event = json.loads(line)
        return event

    def hear_all(self) -> List[Event]:
        """Every event until it ends, the greeting left out."""
        assert self.process.stdout
        events: List[Event] = [json.loads(line) for line in self.process.stdout]
        return events[1:]

    def stderr(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read().decode()

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
        self.process.wait(10)
