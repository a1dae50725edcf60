"""Run the core and agent suites under every Python from 3.8 that is found, since devices have old ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
SUITES = ["tests/core", "tests/agent"]
OLDEST = (3, 8)


def interpreters() -> dict[tuple[int, int], Path]:
    """One interpreter for each minor version, from the PATH and from pyenv."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    folders += sorted((Path.home() / ".pyenv" / "versions").glob("*/bin"))
    found: dict[tuple[int, int], Path] = {}
    for path in (path for folder in folders for path in folder.glob("python3.*")):
        match = re.fullmatch(r"python3\.(\d+)", path.name)
        if not match or (3, int(match.group(1))) < OLDEST or (3, int(match.group(1))) in found:
            continue
        if subprocess.run([path, "-c", "import ssl, venv"], capture_output=True, check=False).returncode == 0:
            found[3, int(match.group(1))] = path
    return dict(sorted(found.items()))


def run_under(python: Path, version: tuple[int, int], folder: Path) -> tuple[bool, str]:
    """Whether the suites pass there, and what they print; the environment is made once and kept."""
    venv = folder / f"{version[0]}.{version[1]}"
    if not (venv / "ready").exists():
        subprocess.run([python, "-m", "venv", "--clear", venv], check=True)
        packages = ["pytest", "pytest-timeout", "hypothesis"]
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", *packages], check=True)
        (venv / "ready").touch()
    with TemporaryDirectory() as own:  # two at once clear away each other's old folders, which pytest does not forgive
        done = subprocess.run(
            [venv / "bin" / "python", "-m", "pytest", "-q", "-m", "not slow", *SUITES],
            cwd=ROOT,
            env={**os.environ, "PYTEST_DEBUG_TEMPROOT": own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return done.returncode == 0, done.stdout


def main() -> int:
    found = interpreters()
    if not any(version < (3, 9) for version in found):
        print("no Python 3.8 here: the oldest devices' version is held by syntax checks only", flush=True)
        if "python3.8" in os.environ.get("EDGEPROF_REQUIRE", "").split(","):
            return 1
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {
            version: pool.submit(run_under, python, version, ROOT / ".venv" / "interpreters")
            for version, python in found.items()
        }
        for version, suites in running.items():
            name = ".".join(map(str, version))
            passes, printed = suites.result()
            print(f"Python {name} at {found[version]}\n{printed}", flush=True)
            if not passes:
                failed.append(name)
    if failed:
        print(f"failed under Python {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
