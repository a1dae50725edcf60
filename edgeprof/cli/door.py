"""Runs the command line, prints what went wrong, and picks the exit code."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

from edgeprof.core.errors import EdgeprofError
from edgeprof.core.exits import Exit


class Signalled(BaseException):
    """SIGTERM or SIGHUP, raised where the program was, so that every `finally` ends its agent and frees its lock."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.name = signal.Signals(number).name
        self.exit = {signal.SIGTERM: Exit.TERMINATED, signal.SIGHUP: Exit.HANGUP}[signal.Signals(number)]


def enter(arguments: list[str]) -> int:
    """The exit code of this command line."""
    from edgeprof.cli.app import app_for

    _heed_signals()
    _prepare_streams()
    try:
        code = app_for(arguments[0] if arguments else None)(arguments, standalone_mode=False)
        sys.stdout.flush()
    except EdgeprofError as error:
        return _tell(error.message, error.hint, error.exit)
    except Signalled as signalled:
        return _signalled(signalled)
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        return _pipe_closed()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # Typer makes it an exit of its own, with code 1
            return _pipe_closed()
        raise
    except Exception as error:  # noqa: BLE001 (what is no mistake of the user's is raised again)
        return _tell_other(error)
    # Typer turns Ctrl-C into its own exit code, and returns a command's own value as it is.
    return _interrupted() if code == Exit.INTERRUPTED else int(code or 0)


def _heed_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup has asked that it be ignored
            signal.signal(number, _raise)


def _prepare_streams() -> None:
    """For `>&-`: what is printed goes nowhere, and no file opened later takes a handle that is printed on.

    And for terminals that cannot spell a model's name: it is escaped.
    """
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free, which is this one
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8")  # noqa: SIM115 (for as long as the program runs)
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


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


def _tell_other(error: Any) -> int:
    """Typer's mistakes of usage know their message, and a full disk is nobody's bug; anything else is one."""
    if type(error).__name__ == "Abort":
        return _interrupted()
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = error.filename or "standard output"
        return _tell(f'no space left on the device for "{where}"', "free some space", Exit.ENVIRONMENT)
    if not hasattr(error, "format_message"):
        raise error
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help itself
        print(error.format_message(), file=sys.stderr)
        return Exit.USAGE
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "edgeprof"
    return _tell(_lower(error.format_message()), f"{command} --help says what it takes", Exit.USAGE)


def _interrupted() -> int:
    # On a terminal the line that changes, and the ^C, are still there.
    print("\ninterrupted" if sys.stderr.isatty() else "interrupted", file=sys.stderr)
    return Exit.INTERRUPTED


def _signalled(signalled: Signalled) -> int:
    with suppress(OSError):  # after SIGHUP there may be no terminal left
        print(f"ended by {signalled.name}", file=sys.stderr, flush=True)
    return signalled.exit


def _pipe_closed() -> int:
    """Say nothing: nobody reads it. Python must not try to flush either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    return Exit.PIPE_CLOSED


def _lower(message: str) -> str:
    text = message.strip().rstrip(".")
    return text[:1].lower() + text[1:]
