"""Load libnvidia-ml.so.1 and call it: what it answers is a code, never an exception."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any, Callable, List, Optional

from edgeprof.agent.nvml import layout

NAME = "libnvidia-ml.so.1"
# Where the loader may not look: JetPack's own folder, and that of Windows' subsystem for Linux.
_FOLDERS = ("usr/lib/aarch64-linux-gnu/nvidia", "usr/lib/wsl/lib")
_OF_A_ROOT = ("usr/lib", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", *_FOLDERS)
_MOST_WORDS = 200

Function = Callable[..., Any]


class Library:
    """Its functions by name, `find` giving None for one that this driver's library does not have."""

    def __init__(self, find: Callable[[str], Optional[Function]]) -> None:
        self._find = find

    def call(self, name: str, *arguments: Any) -> int:
        """Its return code."""
        function = self._find(name)
        return layout.FUNCTION_NOT_FOUND if function is None else int(function(*arguments))

    def first(self, names: List[str], *arguments: Any) -> int:
        """The code of the first of these that the library has."""
        code = layout.FUNCTION_NOT_FOUND
        for name in names:
            code = self.call(name, *arguments)
            if code != layout.FUNCTION_NOT_FOUND:
                break
        return code

    def words(self, code: int) -> str:
        """The code in the library's own words, as far as they are words."""
        function = self._find("nvmlErrorString")
        if function is None:
            return layout.WORDS.get(code, f"NVML's code {code}")
        function.restype = ctypes.c_char_p  # type: ignore[attr-defined]
        told = function(ctypes.c_int(code))
        return printable(told or b"") or layout.WORDS.get(code, f"NVML's code {code}")

    def text(self, names: List[str], *arguments: Any) -> Optional[str]:
        """What a function writes into a buffer whose length is its last argument."""
        buffer = ctypes.create_string_buffer(layout.TEXT_BYTES)
        code = self.first(names, *arguments, buffer, ctypes.c_uint(layout.TEXT_BYTES))
        return (printable(buffer.value) or None) if code == layout.SUCCESS else None


def library_at(root: Path = Path("/")) -> Optional[Library]:
    """None where there is none that can be loaded; below another root, that root's own."""
    loaded = _loaded(root)
    return None if loaded is None else Library(loaded)


def initialised(library: Library) -> Optional[str]:
    """Why it cannot be used; None when it is ready, and then wants a `close`."""
    code = library.first(["nvmlInit_v2", "nvmlInit"])
    return None if code == layout.SUCCESS else library.words(code)


def close(library: Library) -> None:
    library.call("nvmlShutdown")


def printable(raw: bytes) -> str:
    """Words for a record and a terminal, whatever the bytes."""
    text = raw[:_MOST_WORDS].decode("utf-8", "replace")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _loaded(root: Path) -> Optional[Callable[[str], Optional[Function]]]:
    is_here = root == Path("/")
    paths = [NAME] if is_here else []
    paths += [str(root / folder / NAME) for folder in (_FOLDERS if is_here else _OF_A_ROOT)]
    for path in paths:
        if path != NAME and not os.path.exists(path):
            continue
        try:
            loaded = ctypes.CDLL(path)
        except OSError:
            continue
        return lambda name: getattr(loaded, name, None)
    return None
