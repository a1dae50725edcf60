"""One command that needs root, run through sudo without a password and without anybody to answer it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import List, Optional, Tuple

from edgeprof.agent.board.reading import command_path

_PATIENCE_S = 60.0  # nvpmodel takes seconds where it brings cores up or down
_MOST_TOLD = 300
_OURS = ("nvpmodel", "jetson_clocks", "tee")


class Refused(Exception):
    """The device does not let its mode or clocks be set, or they could not be put back later."""

    def __init__(self, message: str, hint: Optional[str] = None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class NotRoot(Refused):
    """Nothing was run: sudo is missing, or wants a password, or does not allow the command."""


class Hung(Refused):
    """It did not end in its time; where it is root's it goes on, and may still do what it was told to."""

    def __init__(self, step: Step, group: int) -> None:
        super().__init__(f"{step.argv[0]} did not end within {_PATIENCE_S:.0f} s", f"try it by hand: {step}")
        self.group = group


@dataclass(frozen=True)
class Step:
    """A command as root, and what it reads on its stdin; None closes it, so that a question is never answered."""

    argv: Tuple[str, ...]
    text: Optional[str] = None

    def __str__(self) -> str:
        """The same to be typed by hand."""
        command = " ".join(map(shlex.quote, ("sudo", *self.argv)))
        return command if self.text is None else f"echo {shlex.quote(self.text)} | {command}"


def step_of(text: str) -> Step:
    """The step that reads so; ValueError where it is none that we ever take."""
    words = shlex.split(text)
    told = words[1] if words[:1] == ["echo"] and words[2:3] == ["|"] else None
    argv = tuple(words[1:] if told is None else words[4:])
    step = Step(argv, told)
    if not argv or argv[0] not in _OURS or str(step) != text:
        raise ValueError(f"not a step: {text!r:.100}")
    return step


def is_running(group: int) -> bool:
    """Whether any process of this group lives."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # root's
        return True
    return True


def run(step: Step) -> Tuple[int, str]:
    """Its exit code and what it printed; Refused where it was not run at all, Hung where it does not end."""
    path = command_path(step.argv[0])
    if path is None:
        raise Refused(f"this device has no {step.argv[0]}", "leave --power-mode and --lock-clocks out")
    try:
        process = subprocess.Popen(
            [*_sudo(step), path, *step.argv[1:]],
            stdin=subprocess.DEVNULL if step.text is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that what sudo starts ends with it
        )
    except OSError as error:
        raise Refused(f"{step.argv[0]} cannot be started: {error.strerror}", f"by hand: {step}") from error
    try:
        printed, _ = process.communicate(None if step.text is None else step.text.encode(), _PATIENCE_S)
    except subprocess.TimeoutExpired:
        with suppress(OSError, subprocess.TimeoutExpired):  # where it is root's we can only go on without it
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(1)
        if process.stdout:
            process.stdout.close()
        raise Hung(step, process.pid) from None
    output = printed.decode(errors="replace")
    if process.returncode and re.search(r"^sudo(-rs)?: ", output, re.MULTILINE):  # sudo: a password is required
        raise NotRoot(f"sudo refuses to run {step.argv[0]}: {last_line(output)}")
    return process.returncode, output


def last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:_MOST_TOLD] if lines else "it said nothing"


def _sudo(step: Step) -> List[str]:
    path = command_path("sudo")
    if path is not None:
        return [path, "-n"]
    if os.geteuid() == 0:
        return []
    raise NotRoot(f"{step.argv[0]} needs root, and this device has no sudo")
