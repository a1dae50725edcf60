"""Runs the command line, prints what went wrong, and picks the exit code."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

from edgeprof.core.errors import EdgeprofError
from edgeprof.core.exits import Exit


class Signalled(BaseException):
    """SIGTERM or SIGHUP, raised where the program was, so that every `finally` ends its agent and frees its lock."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit = {signal.SIGTERM: Exit.TERMINATED, signal.SIGHUP: Exit.HANGUP}[signal.Signals(number)]


def enter(arguments: list[str]) -> int:
    """The exit code of this command line."""
    from edgeprof.cli.app import app

    signal.signal(signal.SIGTERM, _raise)
    signal.signal(signal.SIGHUP, _raise)
    try:
        code = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except EdgeprofError as error:
        return _tell(error.message, error.hint, error.exit)
    except Signalled as signalled:
        return signalled.exit
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        return _pipe_closed()
    except Exception as error:  # noqa: BLE001 (Typer's own errors; what is none of them is raised again)
        return _usage(error)
    # Typer turns Ctrl-C into its own exit code, and returns a command's own value as it is.
    return _interrupted() if code == Exit.INTERRUPTED else int(code or 0)


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Signalled(number)


def _tell(message: str, hint: str | None, code: Exit) -> int:
    try:
        print(f"error: {message}", file=sys.stderr)
        if hint:
            print(f"hint: {hint}", file=sys.stderr)
    except BrokenPipeError:
        return _pipe_closed()
    return code


def _usage(error: Any) -> int:
    """Typer's mistakes of usage know their message; anything else is a bug."""
    if type(error).__name__ == "Abort":
        return _interrupted()
    if not hasattr(error, "format_message"):
        raise error
    return _tell(_lower(error.format_message()), "edgeprof --help lists the commands and flags", Exit.USAGE)


def _interrupted() -> int:
    print("interrupted", file=sys.stderr)
    return Exit.INTERRUPTED


def _pipe_closed() -> int:
    """Say nothing: nobody reads it. Python must not try to flush either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    return Exit.PIPE_CLOSED


def _lower(message: str) -> str:
    text = message.strip().rstrip(".")
    return text[:1].lower() + text[1:]
