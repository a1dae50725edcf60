"""The command as a user has it: a process of its own, and a home, cache, lock and working directory in one folder."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeprof.core.measurement import Measurement
from edgeprof.store import measurements

COMMAND = (sys.executable, "-m", "edgeprof")
ROOT = Path(__file__).resolve().parents[2]
SITE = Path(sysconfig.get_path("purelib"))
_OURS = ("EDGEPROF_", "GITHUB_", "XDG_", "NO_COLOR", "COLUMNS", "PYTHON")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Started:
    """A command that runs; what it says goes to files, so that nothing waits for a reader."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process, self._out, self._err = process, out, err

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8")

    def said(self, words: str) -> None:
        """Wait until it has said so on stderr."""
        until(lambda: words in self.err or self.process.poll() is not None, f"{words!r} in {self.err!r}")
        assert words in self.err

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, within_s: float = 60.0) -> Ended:
        code = self.process.wait(within_s)
        return Ended(code, self._out.read_text(encoding="utf-8"), self.err)


class Shell:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.lock = folder / "lock"
        self.cache = folder / "cache"
        self.measurements = folder / "measurements"
        for name in ("home", "work"):
            (folder / name).mkdir()
        self.work = folder / "work"

    def environment(self, **changes: object) -> dict[str, str]:
        """The tests' own, without what would steer edgeprof; None leaves a variable out."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        given: dict[str, object] = {
            "EDGEPROF_CACHE": self.cache,
            "EDGEPROF_MEASUREMENTS": self.measurements,
            "EDGEPROF_LOCK": self.lock,
            "XDG_CONFIG_HOME": self.folder / "home" / ".config",
            "HOME": self.folder / "home",
            "PYTHONPATH": ROOT,
            "SHELL_MARK": self.mark,
            **changes,
        }
        return {**kept, **{name: str(value) for name, value in given.items() if value is not None}}

    def __call__(self, *arguments: object, **environment: Any) -> Ended:
        """Run a command to its end."""
        return self.start(*arguments, **environment).end(within_s=200)

    def start(
        self,
        *arguments: object,
        command: Sequence[object] = COMMAND,
        stdout: int | None = None,
        stderr: int | None = None,
        **environment: object,
    ) -> Started:
        """Begin a command; where no handle is given, what it says is kept."""
        name = uuid.uuid4().hex
        out, err = self.folder / f"{name}.out", self.folder / f"{name}.err"
        with out.open("wb") as out_file, err.open("wb") as err_file:
            process = subprocess.Popen(
                [*map(str, command), *map(str, arguments)],
                cwd=self.work,
                env=self.environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=out_file if stdout is None else stdout,
                stderr=err_file if stderr is None else stderr,
                start_new_session=True,
            )
        return Started(process, out, err)

    def fake(self, name: str = "x", **declared: Any) -> str:
        """A fake model in the working directory; its name."""
        return self.write(f"{name}.fake.json", json.dumps(declared))

    def write(self, name: str, text: str) -> str:
        (self.work / name).write_text(text)
        return name

    def use(self, path: Path) -> str:
        """A copy of the file in the working directory; its name."""
        shutil.copyfile(path, self.work / path.name)
        return path.name

    def python_without(self, *packages: str) -> Path:
        """An interpreter with everything installed here but these packages."""
        venv = self.folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        (site,) = venv.glob("lib/python*/site-packages")
        for entry in SITE.iterdir():
            if not entry.name.lower().startswith(packages) and entry.suffix != ".pth":
                (site / entry.name).symlink_to(entry)
        return venv / "bin" / "python"

    def broken(self, name: str, text: str) -> str:
        """A PYTHONPATH on which a module of this name comes before the real one."""
        folder = self.folder / "broken"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.py").write_text(text)
        return os.pathsep.join(map(str, (folder, ROOT)))

    def saved(self) -> list[Measurement]:
        """What was saved, oldest first."""
        return [measurements.load(path) for path in self.saved_paths()]

    def saved_paths(self) -> list[Path]:
        return sorted(self.measurements.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)

    def processes(self) -> dict[int, str]:
        """Process ids and command lines of everything that a command here has started and that still lives."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = f"SHELL_MARK={self.mark}".encode() in (folder / "environ").read_bytes().split(b"\0")
                if is_ours and int(folder.name) != os.getpid():
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, ValueError):
                continue  # gone meanwhile, or somebody else's
        return found

    def agents(self) -> dict[int, str]:
        return {pid: words for pid, words in self.processes().items() if "edgeprof-agent-" in words}

    def supervisor(self) -> int:
        return self._agent(measured=False)

    def measured(self) -> int:
        """The measured process: the agent with an order among its arguments."""
        return self._agent(measured=True)

    def _agent(self, *, measured: bool) -> int:
        def found() -> list[int]:
            return [pid for pid, words in self.agents().items() if words.rstrip().endswith(".pyz") is not measured]

        until(lambda: len(found()) == 1, "one agent of the kind")
        return found()[0]

    def is_locked(self) -> bool:
        if not self.lock.exists():
            return False
        with self.lock.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    @contextmanager
    def locked(self, holder: str) -> Iterator[None]:
        """Hold the device lock as another measurement would."""
        with self.lock.open("wb", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(holder.encode())
            yield

    def expect_clean(self, within_s: float = 5.0) -> None:
        """No process of ours lives, and the lock is free."""
        until(lambda: not self.processes(), f"the end of {self.processes()}", within_s)
        assert not self.is_locked()

    def kill_all(self) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def until(condition: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
    """Look again and again; fail when it does not come true."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(0.05)
