"""Lines that tegrastats printed on real boards; tests/data/tegrastats says where each is from."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

FOLDER = Path(__file__).parents[2] / "data" / "tegrastats"
LINES: Dict[str, List[str]] = {
    path.stem: path.read_text().splitlines(keepends=True) for path in sorted(FOLDER.glob("*.txt"))
}
ALL: List[str] = [line for lines in LINES.values() for line in lines]
