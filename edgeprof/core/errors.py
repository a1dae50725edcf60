"""The mistakes a user can be told about, each with the exit code it ends in."""

from __future__ import annotations

from typing import Optional

from edgeprof.core.exits import Exit


class EdgeprofError(Exception):
    """Something the user can act on: what is wrong, and what to do next."""

    exit = Exit.BUG

    def __init__(self, message: str, hint: Optional[str] = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(EdgeprofError):
    """The request cannot be understood; `where` is file, line and key, or a flag."""

    exit = Exit.USAGE

    def __init__(self, message: str, hint: Optional[str] = None, *, where: Optional[str] = None) -> None:
        super().__init__(f"{where}: {message}" if where else message, hint)
        self.where = where


class ConvertError(EdgeprofError):
    """The model cannot become an artefact, or the artefact is not the model."""

    exit = Exit.CONVERSION


class RuntimeUnavailable(EdgeprofError):
    """A runtime, or what it is asked for, is not to be had on the device."""

    exit = Exit.ENVIRONMENT


class TargetError(EdgeprofError):
    """The device cannot be reached, or refuses what every measurement needs of it."""

    exit = Exit.ENVIRONMENT

    def __init__(self, message: str, hint: Optional[str] = None, *, may_pass: bool = False) -> None:
        super().__init__(message, hint)
        self.may_pass = may_pass  # a device that starts up refuses at first


class AgentError(EdgeprofError):
    """The agent crashed, was killed, hung, spoke garbage, or was lost with its link; `cause` says which."""

    exit = Exit.ENVIRONMENT

    def __init__(self, message: str, hint: Optional[str] = None, *, cause: str = "crashed") -> None:
        super().__init__(message, hint)
        self.cause = cause
