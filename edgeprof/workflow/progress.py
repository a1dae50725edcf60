"""How a workflow tells what it is doing; who listens decides how that looks."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    def say(self, text: str) -> None:
        """A line that stays."""

    def show(self, text: str) -> None:
        """What goes on just now; the next one replaces it, and it may never be seen."""

    def rest(self) -> None:
        """Nothing goes on: something else is about to be printed."""


class Words:
    """Passes on what stays, and drops what goes on just now."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def say(self, text: str) -> None:
        self._progress.say(text)

    def show(self, text: str) -> None: ...

    def rest(self) -> None:
        self._progress.rest()


class Silence:
    def say(self, text: str) -> None: ...

    def show(self, text: str) -> None: ...

    def rest(self) -> None: ...
