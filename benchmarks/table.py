"""The one table a benchmark prints: its rows, whether each meets its target, and the machine it was measured on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edgeprof.agent import host

_NAMED = ("edgeprof", "onnxruntime", "openvino", "numpy", "typer")
_WORDS = {True: "yes", False: "NO", None: ""}


@dataclass
class Table:
    title: str
    columns: Sequence[str]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missed: int = 0

    def add(self, *cells: object, holds: bool | None = None) -> None:
        """A row; `holds` says whether it meets its target, None where it has none."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns")
        self.rows.append((*map(str, cells), _WORDS[holds]))
        self.missed += holds is False
        print(f"  {' | '.join(self.rows[-1])}", file=sys.stderr)  # a row may be minutes after the last one

    def text(self) -> str:
        """Markdown, with its columns lined up so that a terminal can show it too."""
        lines = [(*self.columns, "holds"), *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        shown = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
        shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        notes = [f"* {note}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", machine(), "", *shown, "", *notes]).rstrip() + "\n"

    def conclude(self, record: Path | None) -> int:
        """Print the table, append it to the record where one is named, and give the exit code."""
        text = self.text()
        print(text, end="")
        if record is not None:
            record.parent.mkdir(parents=True, exist_ok=True)
            with record.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC\n\n{text}\n")
        return 1 if self.missed or not self.rows else 0


def arguments_of(name: str, about: str) -> argparse.ArgumentParser:
    """What every benchmark takes."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    parser.add_argument("--record", type=Path, metavar="FILE", help="append the table to this file")
    return parser


def machine() -> str:
    """The hardware, the system and the versions, in a line."""
    facts = host.facts()
    quota = f", quota {facts['quota_cores']:.2g}" if facts["quota_cores"] else ""
    hardware = (
        f"{facts['processor']}, {facts['cores']} of {facts['cores_online']} cores{quota}, "
        f"{(facts['memory_bytes'] or 0) / 2**30:.0f} GiB, governor {facts['governor'] or 'not visible'}, "
        f"{facts['system']}, load {facts['load_average']:.2f}"
    )
    versions = ", ".join(f"{name} {_version(name)}" for name in _NAMED)
    return f"{hardware}; Python {facts['python']}, {versions}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
