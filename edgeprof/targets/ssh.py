"""A device reached through the system's ssh, with whatever the user's own ~/.ssh/config says of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from edgeprof.core.codec import restore
from edgeprof.core.errors import AgentError, TargetError
from edgeprof.targets import Cleaned
from edgeprof.targets.hearing import Complaints, Ear, Silence, TooLong
from edgeprof.targets.link import Link
from edgeprof.targets.remote_shell import (
    GREETING,
    NO_PYTHON,
    agent_command,
    keeper_command,
    keeper_program,
    no_python,
    version_of,
)
from edgeprof.targets.ssh_words import as_typed, expect_destination, loss_of, unreachable
from edgeprof.targets.transfer import Damaged, Lost, RemoteKeeper, Show, stored_name

_MOST_NOISE = 200  # lines that a login shell says first
_LONGEST_LINE = 4 << 20
_ANSWERS_WITHIN_S = 60.0
_COMES_BACK_WITHIN_S = 10.0  # a link that was there before
_LOOKS_AGAIN_S = 1.0
_ATTEMPTS = 5  # to send one file over links that break
_SSH_ENDED = 255
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


class SshTarget:
    """One connection for everything, made when it is first needed and again when it was lost."""

    def __init__(
        self,
        destination: str,
        *,
        name: str | None = None,
        python: str = "python3",
        wait_s: float = 0.0,
        show: Show = lambda text: None,
        say: Show = lambda text: None,
    ) -> None:
        expect_destination(destination)
        self.name = name or destination
        self._destination, self._python, self._wait_s = destination, python, wait_s
        self._show, self._say = show, say
        self.losses = 0
        self._keeper: RemoteKeeper | None = None
        self._was_there = False
        self._tokens: dict[int, str] = {}
        self._fetched: Path | None = None

    @property
    def facts(self) -> Mapping[str, Any]:
        if self._keeper is None:
            return {}
        return {"clock_offset_s": self._keeper.clock_offset_s, "kept_in": self._keeper.root}

    def place(self, digest: str, path: Path) -> str:
        if not path.is_file():
            raise TargetError(f"{path} is gone", "run again; if it stays away: edgeprof cache clear")
        stored, size = stored_name(digest, path), path.stat().st_size
        for _ in range(_ATTEMPTS):
            keeper = self._connected()
            try:
                if keeper.placed.get(stored) != size:
                    keeper.send(digest, stored, path, self._show)
                return keeper.path_of(stored)
            except Lost:
                self._say(f"the link to {self.name} was lost while a file was sent: going on where it stopped")
                self._drop()
            except Damaged:
                self._say(f"a file arrived damaged on {self.name}: sending it again")
                self._drop()
            except (AgentError, TargetError):
                self._drop()  # it reads what we had yet to send
                raise
        message = f'device "{self.name}": a file could not be sent in {_ATTEMPTS} attempts'
        raise TargetError(message, "see to the network", may_pass=True)

    def start(self, agent: str) -> subprocess.Popen[bytes]:
        keeper = self._connected()
        token = uuid.uuid4().hex
        process = keeper.link.session(agent_command(self._python, keeper.version, agent, token))
        self._tokens[process.pid] = token
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        token = self._tokens.get(process.pid)
        try:
            if token and self._keeper:
                self._keeper.ask({"do": "end", "token": token}, 10.0)
        except (Lost, AgentError, TargetError):
            self._drop()
        process.kill()
        process.wait()

    def loss(self, code: int, said: str) -> str | None:
        """ssh ends with 255 when the link does, and also when the device's shell is killed."""
        if code < 0:  # whatever was started there goes on until its stdin closes, as it does now
            return f"ssh was ended here, by signal {-code}"
        if code != _SSH_ENDED or (self._keeper and self._keeper.is_alive):
            return None
        words = loss_of("\n".join([said, self._keeper.last_words() if self._keeper else ""]))
        self._drop()
        return words

    def folder(self) -> str:
        path = self._asked({"do": "folder"}).get("path")
        if not isinstance(path, str):
            raise self._outside(path)
        self._inside(path)
        return path

    def fetch(self, path: str) -> Path:
        keeper = self._connected()
        self._inside(path)
        if self._fetched is None:
            self._fetched = Path(tempfile.mkdtemp(prefix="edgeprof-fetched-"))
        here = self._fetched / uuid.uuid4().hex
        try:
            keeper.bring(path, here, self._show)
        except Lost:
            self._drop()
            raise self._lost() from None
        except AgentError:
            self._drop()  # what it still says would be taken for the next answer
            raise
        return here

    def clean(self, older_than_s: float) -> Cleaned:
        answer = self._asked({"do": "clean", "older_than_s": older_than_s}, 600.0)
        self._close()  # what it said is placed is so no more
        try:
            return restore(Cleaned, answer, "cleaned")
        except ValueError as error:
            raise AgentError(f"{self.name} did not say what it removed", cause="garbled") from error

    def close(self) -> None:
        self._close()
        if self._fetched:
            shutil.rmtree(self._fetched, ignore_errors=True)
            self._fetched = None

    def _asked(self, request: Mapping[str, Any], within_s: float = 30.0) -> dict[str, Any]:
        for _ in range(2):
            try:
                return self._connected().ask(request, within_s)
            except Lost:
                self._drop()
            except AgentError:
                self._drop()
                raise
        raise self._lost()

    def _connected(self) -> RemoteKeeper:
        if self._keeper and self._keeper.link.master.poll() is not None:
            self._drop()
        patience_s = max(self._wait_s, _COMES_BACK_WITHIN_S if self._was_there else 0.0)
        deadline = time.monotonic() + patience_s
        while self._keeper is None:
            try:
                self._keeper = self._connect()
            except TargetError as error:
                if not error.may_pass or time.monotonic() >= deadline:
                    raise
                self._show(f"waiting for {self.name}: {error.message.rpartition(': ')[2]}")
                time.sleep(_LOOKS_AGAIN_S)
        if not self._was_there:
            for place in self._keeper.passed_over:
                self._say(f"{self.name} keeps files in {self._keeper.root}, and not in {place}")
        self._was_there = True
        return self._keeper

    def _connect(self) -> RemoteKeeper:
        program = keeper_program()
        link = Link(self._destination, keeper_command(self._python, program))
        try:
            master = link.master
            assert master.stdin
            assert master.stdout
            complaints = Complaints(master)
            ear = Ear(master.stdout, _LONGEST_LINE)
            try:
                master.stdin.write(program)
                master.stdin.flush()
            except BrokenPipeError:
                pass  # why it is gone is read below
            version = self._greeted(ear)
            return RemoteKeeper(link, ear, complaints, self.name, version)
        except Lost:
            refusal = self._no_answer(complaints, master)
            link.close()
            raise refusal from None
        except BaseException:
            link.close()
            raise

    def _greeted(self, ear: Ear) -> tuple[int, int]:
        """The version of the interpreter that answered."""
        try:
            for _ in range(_MOST_NOISE):
                line = ear.line(_ANSWERS_WITHIN_S)
                if line.startswith(GREETING):
                    return version_of(line, self.name, self._python)
                if line.startswith(NO_PYTHON):
                    raise no_python(line, self.name, self._python)
                if not line:
                    raise Lost
        except TooLong:
            pass
        except Silence:
            raise Lost from None
        raise TargetError(
            f'device "{self.name}" says no end of other things first',
            "does the login shell of the device print without end?",
        )

    def _no_answer(self, complaints: Complaints, master: subprocess.Popen[bytes]) -> TargetError:
        try:
            code = master.wait(1.0)
        except subprocess.TimeoutExpired:
            message = f'device "{self.name}" let us in and then did not answer'
            return TargetError(message, self._by_hand(), may_pass=True)
        if code == _SSH_ENDED:
            return unreachable(self.name, self._destination, complaints.text())
        message = f'device "{self.name}" let us in, and {self._python} or the login shell ended with exit code {code}'
        return TargetError(message, complaints.hint() or self._by_hand())

    def _by_hand(self) -> str:
        return f"try: ssh {as_typed(self._destination)} {quote(self._python)} -V"

    def _inside(self, path: str) -> None:
        """Refuse a path that is none of those that the device may name."""
        root = self._keeper.root if self._keeper else ""
        if not isinstance(path, str) or not path.startswith(f"{root}/"):
            raise self._outside(path)
        if not _FILE.fullmatch(path[len(root) + 1 :]):
            raise self._outside(path)

    def _outside(self, path: object) -> AgentError:
        return AgentError(f"{self.name} named a file that is not edgeprof's: {path!r:.200}", cause="garbled")

    def _lost(self) -> TargetError:
        return TargetError(f'the link to device "{self.name}" was lost', "see to the network", may_pass=True)

    def _drop(self) -> None:
        """The connection is of no use any more."""
        self.losses += self._keeper is not None
        self._close()

    def _close(self) -> None:
        if self._keeper:
            self._keeper.link.close()
            self._keeper = None
