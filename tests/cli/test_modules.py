"""What a command loads: a check whose artefact is cached pays for nothing that it does not use."""

from __future__ import annotations

import pytest

HEAVY = {"torch", "timm", "onnx", "onnxruntime", "openvino", "numpy", "rich", "psutil"}
RECORDS_MODULES = """
import atexit, os, sys
if "edgeprof" in " ".join(sys.orig_argv[:3]):
    @atexit.register
    def _record():
        with open(os.environ["MODULES_TO"], "w") as file:
            file.write("\\n".join(sys.modules))
"""
COMMANDS = (
    (),
    ("check",),
    ("measure",),
    ("layers",),
    ("convert",),
    ("judge",),
    ("import",),
    ("models",),
    ("doctor",),
    ("schema",),
    ("cache",),
    ("cache", "ls"),
    ("cache", "gc"),
    ("cache", "clear"),
    ("device",),
    ("device", "list"),
    ("device", "show"),
    ("device", "add"),
    ("device", "remove"),
    ("device", "probe"),
    ("device", "clean"),
)


SHORT = ("--runtime", "onnxruntime", "--quick", "--p99", "1000", "--warmup", "200ms", "--max-duration", "2s")


@pytest.fixture
def modules_of(shell):
    """The modules that the command itself had loaded when it ended, and how it ended."""

    def of(*arguments):
        path = shell.broken("sitecustomize", RECORDS_MODULES)
        ended = shell(*arguments, PYTHONPATH=path, MODULES_TO=shell.folder / "modules")
        return set((shell.folder / "modules").read_text().split()), ended

    return of


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_every_command_says_something_and_loads_nothing_heavy(modules_of, command):
    loaded, ended = modules_of(*command, "--help")
    assert ended.code == 0
    assert ended.out.startswith("Usage: ")
    assert "edgeprof.cli.app" in loaded
    assert loaded & (HEAVY | {"yaml", "msgspec"}) == set()


def test_the_commands_tried_here_are_all_there_are():
    from typer.main import get_command

    from edgeprof.cli.app import app_for

    def names(command, above=()):
        yield above
        for name, inner in getattr(command, "commands", {}).items():
            yield from names(inner, (*above, name))

    assert set(names(get_command(app_for()))) == set(COMMANDS)


@pytest.mark.slow
def test_a_check_whose_artefact_is_cached_loads_no_library_that_computes(shell, small_onnx, modules_of):
    arguments = ("check", shell.use(small_onnx), *SHORT)
    first = shell(*arguments)
    assert first.code == 0, first.out + first.err
    loaded, again = modules_of(*arguments)
    assert again.code == 0
    assert "edgeprof.workflow.check" in loaded
    assert loaded & HEAVY == set()
    assert "reading the file" in first.err
    assert "reading the file" not in again.err


@pytest.mark.slow
def test_an_onnx_file_is_checked_where_there_is_no_torch(shell, small_onnx):
    python = shell.python_without("torch", "timm")
    arguments = ("check", shell.use(small_onnx), *SHORT)
    ended = shell.start(*arguments, command=(python, "-m", "edgeprof")).end()
    assert ended.code == 0, ended.out + ended.err


def test_a_command_is_put_together_without_the_others(modules_of):
    loaded, ended = modules_of("judge", "--help")

    assert "edgeprof judge [OPTIONS] {FILE...}" in ended.out
    assert "edgeprof.cli.judge" in loaded
    assert "edgeprof.cli.check" not in loaded
