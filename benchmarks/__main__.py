"""List the benchmarks, run them all in turn, and say which missed its target: `python -m benchmarks [--list]`."""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from pathlib import Path

from benchmarks.fresh import ROOT

NAMES = (
    *("startup", "loop", "telemetry", "overhead", "answer", "memory", "agreement", "wire", "passes", "frame", "export"),
    *("fastest", "coverage", "statistics"),
)
_WITHOUT_RECORD = ("statistics",)  # simulated: its table does not depend on the machine


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--list", action="store_true", help="run nothing")
    parser.add_argument("--record", type=Path, metavar="FILE", help="append every table to this file")
    options = parser.parse_args()
    for name in NAMES:
        print(f"{name:11} {about(name)}", flush=True)
    if options.list:
        return 0
    missed = [name for name in NAMES if _run(name, options.record)]
    print(f"\nmissed: {', '.join(missed)}" if missed else "\nevery target was met")
    return 1 if missed else 0


def about(name: str) -> str:
    """A benchmark's own sentence, read without importing what it measures."""
    source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)) or ""


def _run(name: str, record: Path | None) -> int:
    print(f"\n{name}", file=sys.stderr, flush=True)
    recorded = ["--record", str(record.absolute())] if record and name not in _WITHOUT_RECORD else []
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *recorded], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
