"""What a person sees while a workflow runs: one line that changes on a terminal, plain lines everywhere else."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO


class Terminal:
    """Progress on stderr. Nothing is drawn between two calls: a spinner's thread would run on the model's cores."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._is_live = self._stream.isatty()
        self._shown = ""

    def say(self, text: str) -> None:
        if not self._quiet:
            self.rest()
            self._write(text + "\n")

    def show(self, text: str) -> None:
        if self._quiet:
            return
        if self._is_live:
            width = shutil.get_terminal_size().columns - 1
            self._write("\r\x1b[K" + text[:width])
            self._shown = text
        elif _phase(text) != _phase(self._shown):
            self._write(_phase(text) + "\n")
            self._shown = text

    def rest(self) -> None:
        if self._is_live and self._shown:
            self._write("\r\x1b[K")
            self._shown = ""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _phase(text: str) -> str:
    """What goes on, without how far it is: `sampling, 745 so far` is sampling."""
    return text.partition(",")[0]
