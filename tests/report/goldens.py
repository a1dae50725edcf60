"""Compare text with a file under tests/golden; EDGEPROF_UPDATE_GOLDEN=1 rewrites it, and a human reads the diff."""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "golden"


def assert_golden(name: str, text: str) -> None:
    path = _FOLDER / name
    if os.environ.get("EDGEPROF_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == text, f"{name} changed; read the diff, then EDGEPROF_UPDATE_GOLDEN=1"
