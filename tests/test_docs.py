"""README holds: what it shows can be typed, what it links to is there, and it leaves no command out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.main import get_command

from edgeprof.cli.app import app_for
from edgeprof.config.file import read_request_file
from edgeprof.core.exits import Exit

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = get_command(app_for())

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^(?: {4}.*\n?)+", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
# At the start of a line or after a prompt, `run:` or a shell's operator; not `pip install edgeprof`.
_CALL = re.compile(r"(?:^\s*|[;&|]\s+|run:\s+|\$\s+)(?:\S*/)?edgeprof[ \t]+([^\n|;&<>#]+)", re.MULTILINE)


class Call(NamedTuple):
    """One `edgeprof ...` of README: the words of the command, and all that was typed after it."""

    command: tuple[str, ...]
    words: tuple[str, ...]


def blocks():
    """Language and text of every code block."""
    yield from _FENCED.findall(README)
    yield from (("", text) for text in _INDENTED.findall(_FENCED.sub("", README)))


def calls():
    code = [text.replace("\\\n", " ") for _, text in blocks()] + _SPAN.findall(_FENCED.sub("", README))
    for text in code:
        for arguments in _CALL.findall(text):
            words = tuple(shlex.split(arguments))
            yield Call(named(words), words)


def named(words):
    """The leading words that name a command, of a group too."""
    found, command = [], COMMAND
    for word in words:
        if word not in getattr(command, "commands", {}):
            break
        found.append(word)
        command = command.commands[word]
    return tuple(found)


def flags_of(path):
    command, flags = COMMAND, {"--help", "-h"}
    for word in path:
        command = command.commands[word]
    for parameter in command.params:
        flags |= {*parameter.opts, *parameter.secondary_opts}
    return flags


def commands(command=COMMAND, above=()):
    """Path and command of everything that can be typed."""
    for name, inner in getattr(command, "commands", {}).items():
        yield (*above, name), inner
        yield from commands(inner, (*above, name))


CALLS = list(calls())
EVERY_FLAG = {"--version", *(flag for path, _ in commands() for flag in flags_of(path))}


def test_readme_shows_commands_at_all():
    assert ("check",) in {call.command for call in CALLS}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call.words)[:60])
def test_what_readme_shows_can_be_typed(call):
    first = call.words[0]
    assert call.command or first in {"--help", "--version"}, f'"{first}" is no command'
    flags = [word.partition("=")[0] for word in call.words if word.startswith("-") and word != "-"]
    unknown = set(flags) - flags_of(call.command) - {"--version"}
    assert unknown == set()


def test_every_flag_that_readme_names_in_passing_exists():
    text = _FENCED.sub("", README)
    spans = [span for span in _SPAN.findall(text) if span.startswith("--")]
    flags = {word.partition("=")[0] for span in spans for word in span.split() if word.startswith("--")}
    assert flags
    assert flags - EVERY_FLAG == set()


@pytest.mark.parametrize("name", [path[0] for path, _ in commands() if len(path) == 1])
def test_every_command_is_in_readme(name):
    assert name in {call.command[0] for call in CALLS if call.command}


@pytest.mark.parametrize("command", [pytest.param(command, id=" ".join(path)) for path, command in commands()])
def test_every_command_and_every_flag_has_help(command):
    assert command.help
    silent = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
    assert silent == []


@pytest.mark.parametrize("code", Exit, ids=lambda code: code.name)
def test_every_exit_code_is_in_readmes_table(code):
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("|") and line.count("|") > 2]
    assert any(re.search(rf"\b{int(code)}\b", cell) for cell in rows)


def test_every_file_that_readme_links_to_is_there():
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", README) if not re.match(r"[a-z]+:", link)]
    gone = [link for link in links if link[0] != "#" and not (ROOT / link.partition("#")[0]).exists()]
    assert gone == []


@pytest.mark.parametrize("text", [text for _, text in blocks() if re.search(r"^(version|budget):", text, re.MULTILINE)])
def test_every_request_file_that_readme_shows_is_understood(text, tmp_path):
    path = tmp_path / "edgeprof.yaml"
    path.write_text(text)
    file = read_request_file(path, "README.md")
    assert file.top.values or file.top.limits or file.devices
