"""What a long measurement has finished, a line each, so that it goes on where it was ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from edgeprof.core.files import digest_of_file, digest_of_json


@dataclass
class State:
    """`key` says what must be the same for a line to count; lines under other keys stay and are not read."""

    path: Path | None
    key: str
    _known: dict[str, Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if self.path is None or not self.path.exists():
            return
        text = self.path.read_text(encoding="utf-8")
        for line in text.splitlines():
            with suppress(ValueError):  # one that was cut off
                entry = json.loads(line)
                if entry["key"] == self.key:
                    self._known[entry["name"]] = entry["value"]
        if text and not text.endswith("\n"):
            self._write("\n")

    def of(self, name: str, make: Callable[[], Any]) -> Any:
        """The value of that name, made and kept where it is not known."""
        if name not in self._known:
            value = make()
            with self._lock:
                self._keep(name, value)
        return self._known[name]

    def _keep(self, name: str, value: Any) -> None:
        self._known[name] = value
        self._write(json.dumps({"key": self.key, "name": name, "value": value}) + "\n")

    def _write(self, text: str) -> None:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)


def content_of(root: Path, folders: tuple[str, ...]) -> str:
    """One digest of all the Python files below these folders."""
    files = sorted(file for folder in folders for file in (root / folder).rglob("*.py"))
    return digest_of_json([[str(file.relative_to(root)), digest_of_file(file)] for file in files])
