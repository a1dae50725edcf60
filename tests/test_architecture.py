"""The rules that keep the shape of the code, held by reading every file."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional

import pytest
from python38 import newer_than_python38

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "edgeprof"
FILES = sorted(PACKAGE.rglob("*.py"))
DEVICE_FILES = [path for path in FILES if path.relative_to(PACKAGE).parts[0] in ("core", "agent")]

LAYERS = {
    "core": 0,
    "agent": 1,
    "documents": 1,
    "convert": 2,
    "analyze": 2,
    "targets": 2,
    "devices": 2,
    "store": 2,
    "report": 2,
    "config": 2,
    "workflow": 3,
    "cli": 4,
    "__main__": 5,
}
HEAVY = {"torch", "timm", "onnx", "onnxruntime", "openvino", "numpy", "yaml", "rich", "psutil", "msgspec"}
MOST_LINES = 300


class Import(NamedTuple):
    module: str
    line: int
    at_module_level: bool


def part_of(path: Path) -> str:
    """Which of LAYERS a file belongs to; the package's own __init__ belongs to none and imports nothing."""
    return path.relative_to(PACKAGE).parts[0].split(".")[0]


def imports_of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    deferred = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for inner in ast.walk(outer)
    }
    package = [PACKAGE.name, *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, node.module] if node.module else above)
            # `from edgeprof import cli` names a package too
            modules = [f"{base}.{alias.name}" for alias in node.names] if base == PACKAGE.name else [base]
        else:
            continue
        for module in modules:
            yield Import(module, node.lineno, id(node) not in deferred)


def own_part(module: str) -> Optional[str]:
    words = module.split(".")
    return words[1] if words[0] == PACKAGE.name and len(words) > 1 and words[1] in LAYERS else None


def offences(is_wrong) -> List[str]:
    return [
        f"{path.relative_to(ROOT)}:{found.line} imports {found.module}"
        for path in FILES
        for found in imports_of(path)
        if is_wrong(part_of(path), found)
    ]


def test_every_part_of_the_package_has_a_layer():
    assert {part_of(path) for path in FILES} - {"__init__"} <= set(LAYERS)


def test_a_module_imports_its_own_package_or_a_lower_layer():
    def reaches_up(part: str, found: Import) -> bool:
        other = own_part(found.module)
        return other is not None and part != other and (part == "__init__" or LAYERS[other] >= LAYERS[part])

    assert offences(reaches_up) == []


def test_core_imports_nothing_but_the_standard_library_and_itself():
    def is_foreign(part: str, found: Import) -> bool:
        top = found.module.split(".")[0]
        return part == "core" and top != PACKAGE.name and top not in sys.stdlib_module_names

    assert offences(is_foreign) == []


def test_the_agent_imports_what_it_was_given_and_its_runtime_only_inside_functions():
    def is_foreign(part: str, found: Import) -> bool:
        top = found.module.split(".")[0]
        return part == "agent" and found.at_module_level and top != PACKAGE.name and top not in sys.stdlib_module_names

    assert offences(is_foreign) == []


def test_only_runtimes_hold_a_library_of_the_device():
    inside = {path for path in DEVICE_FILES if "runtimes" in path.parts}
    foreign = [
        f"{path.relative_to(ROOT)}:{found.line} imports {found.module}"
        for path in DEVICE_FILES
        if path not in inside
        for found in imports_of(path)
        if found.module.split(".")[0] in HEAVY - {"numpy"}
    ]
    assert foreign == []


@pytest.mark.parametrize("path", DEVICE_FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_ships_to_the_device_is_python_3_8(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    assert list(newer_than_python38(tree)) == []


def test_help_loads_nothing_heavy():
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "edgeprof", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = {
        line.rpartition("|")[2].strip().split(".")[0]
        for line in ended.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "check" in ended.stdout
    assert "typer" in loaded  # else this looked at nothing
    assert loaded & HEAVY == set()


def test_every_module_opens_with_a_sentence():
    silent = [str(path) for path in FILES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_no_file_is_longer_than_it_can_be_read():
    ours = [path for folder in ("edgeprof", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    long = {str(path): count for path in ours if (count := len(path.read_text().splitlines())) > MOST_LINES}
    assert long == {}
