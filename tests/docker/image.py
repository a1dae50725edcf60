"""Carry out a Dockerfile without docker: COPY into a root file system, RUN inside it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from docker.dockerfile import Instruction, exec_form, instructions

ROOT = Path(__file__).resolve().parents[2]
ENTER = ROOT / "tests" / "enter.sh"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Image:
    """A root file system on the way through a Dockerfile, with the state that instructions leave behind."""

    def __init__(self, root: Path, outside: Mapping[str, str]) -> None:
        self.root = root
        self._outside = dict(outside)  # variables that RUN sees and the image does not keep
        self._kept: dict[str, str] = {}
        self._arguments: dict[str, str] = {}
        self._folder, self._user = "/", "0:0"
        self._entry: list[str] = []

    def build(self, dockerfile: Path, **arguments: str) -> None:
        """All but FROM, whose place the bare root takes; `arguments` are docker's --build-arg."""
        steps = {
            "COPY": self._copy,
            "RUN": self._run,
            "ENV": lambda i: self._kept.update(re.findall(r"(\w+)=(\S+)", i.value)),
            "WORKDIR": self._work_in,
            "USER": self._become,
            "ENTRYPOINT": lambda i: self._entry.extend(exec_form(i) or []),
        }
        for instruction in instructions(dockerfile.read_text(encoding="utf-8")):
            if instruction.name == "ARG":
                name, _, value = instruction.value.partition("=")
                self._arguments[name] = arguments.get(name, value.strip('"'))
            elif instruction.name not in ("FROM", "CMD"):
                steps[instruction.name](instruction)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`docker run IMAGE ARGUMENT...`"""
        return self._inside([*self._entry, *arguments], self._kept, self._user)

    def _copy(self, instruction: Instruction) -> None:
        *sources, target = instruction.words
        for source in sources:
            into = self.root / target.lstrip("/") / (Path(source).name if target.endswith("/") else "")
            into.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, into)

    def _run(self, instruction: Instruction) -> None:
        environment = {**self._outside, **self._kept, **self._arguments}
        done = self._inside(["/bin/sh", "-c", instruction.value], environment, self._user)
        assert done.returncode == 0, f"{instruction.value}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"

    def _work_in(self, instruction: Instruction) -> None:
        self._folder = instruction.value
        (self.root / self._folder.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _become(self, instruction: Instruction) -> None:
        self._user = instruction.value

    def _inside(self, words: list[str], environment: Mapping[str, str], user: str) -> subprocess.CompletedProcess[str]:
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")  # as docker does
        uid, gid = user.split(":")
        become = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        variables = [f"{name}={value}" for name, value in {"PATH": PATH, **environment}.items()]
        there = ["env", "-i", f"--chdir={self._folder}", *variables, *become, *words]
        return subprocess.run(["sh", ENTER, self.root, *there], capture_output=True, text=True)
