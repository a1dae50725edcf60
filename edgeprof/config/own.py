"""The user's own devices.yaml: where it lies, what it says, and how a machine is added to it or taken out."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from edgeprof.config.file import devices_of_document, read_devices_file
from edgeprof.config.layer import Layer
from edgeprof.core.errors import ConfigError
from edgeprof.core.files import write_atomically
from edgeprof.documents import LARGEST_BYTES, Node, parse_document, quoted, written

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_Values = tuple[dict[str, object], ...]  # settings, limits, what is required


def own_folder(environ: Mapping[str, str]) -> Path | None:
    """$XDG_CONFIG_HOME/edgeprof, else ~/.config/edgeprof."""
    home = environ.get("HOME")
    folder = environ.get("XDG_CONFIG_HOME") or (home and os.path.join(home, ".config"))
    return Path(folder, "edgeprof") if folder else None


def shown_path(path: Path, environ: Mapping[str, str]) -> str:
    """With ~ for the user's home."""
    home = environ.get("HOME")
    return f"~/{path.relative_to(home)}" if home and path.is_relative_to(home) else str(path)


def read_own_devices(environ: Mapping[str, str]) -> dict[str, Layer]:
    folder = own_folder(environ)
    path = folder / "devices.yaml" if folder else None
    if path is None or not os.path.lexists(path) or _says_nothing(path):
        return {}
    return read_devices_file(path, shown_path(path, environ))


def _says_nothing(path: Path) -> bool:
    """Comments alone are left where the last machine was removed."""
    try:
        with open(path, encoding="utf-8") as file:
            return _is_blank(file.read(LARGEST_BYTES))
    except (OSError, UnicodeDecodeError):
        return False  # whoever reads it next says what is wrong


def _is_blank(text: str) -> bool:
    return all(line.lstrip()[:1] in ("", "#") for line in text.splitlines())


def check_name(name: str) -> None:
    """A machine's name: a word that YAML, a shell and a person read alike."""
    if not _NAME.fullmatch(name) or written(name) != name:
        raise ConfigError(f"{quoted(name)} is no name for a device", "write a word such as orin or lab-pi5")
    if name in ("local", "cpu") or re.fullmatch(r"(gpu|cuda)\d*", name):
        raise ConfigError(f"{quoted(name)} means this machine", "choose another name")


def add_own_device(name: str, keys: Mapping[str, str], environ: Mapping[str, str], *, replace: bool = False) -> str:
    """Write a line for this machine and leave every other as it is; the file's name as people know it."""
    check_name(name)
    folder = own_folder(environ)
    if folder is None:
        raise ConfigError("there is no home folder to keep devices in", "set HOME or XDG_CONFIG_HOME")
    path = Path(os.path.realpath(folder / "devices.yaml"))  # a link into somebody's dotfiles stays one
    shown = shown_path(folder / "devices.yaml", environ)
    entry = f"{name}: {{{', '.join(f'{key}: {written(value)}' for key, value in keys.items())}}}"
    before = _read(path, shown)
    after = _with_entry(before, name, entry, shown, replace=replace)
    hint = f"write the line into {shown} yourself: {entry}"
    _expect_only(before, after, name, (dict(keys), {}, {}), hint, path.parent, shown)
    _write(path, after, f"add it yourself: {entry}", shown)
    return shown


def remove_own_device(name: str, environ: Mapping[str, str]) -> str | None:
    """Take a machine's lines out and leave every other as it is; the file's name, None where it is not in it."""
    folder = own_folder(environ)
    if folder is None:
        return None
    path = Path(os.path.realpath(folder / "devices.yaml"))
    shown = shown_path(folder / "devices.yaml", environ)
    before = _read(path, shown)
    document = _document(before, shown)
    if document is None or name not in document.members():
        return None
    lines = before.splitlines(keepends=True)
    start, end = _span(lines, document.members(), name)
    after = "".join([*lines[:start], *lines[end:]])
    hint = f"take {name} out of {shown} yourself"
    _expect_only(before, after, name, None, hint, path.parent, shown)
    _write(path, after, hint, shown)
    return shown


def _write(path: Path, text: str, hint: str, shown: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", hint, where=shown) from error


def _read(path: Path, shown: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_BYTES + 1).decode()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=shown) from error
    except UnicodeDecodeError as error:
        raise ConfigError("not UTF-8", "save the file as UTF-8", where=shown) from error


def _document(text: str, shown: str) -> Node | None:
    """None where there is nothing but comments."""
    if _is_blank(text):
        return None
    return parse_document(text.encode(), shown)


def _with_entry(text: str, name: str, entry: str, shown: str, *, replace: bool) -> str:
    document = _document(text, shown)
    members = document.members() if document else {}
    if name not in members:
        gap = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{gap}{entry}\n"
    old = members[name]
    if not replace:
        raise ConfigError(f"{quoted(name)} is there already", "--replace writes it anew", where=old.key_where)
    lines = text.splitlines(keepends=True)
    start, end = _span(lines, members, name)
    return "".join([*lines[:start], entry + "\n", *lines[end:]])


def _span(lines: list[str], members: Mapping[str, Node], name: str) -> tuple[int, int]:
    """The lines of an entry; blank lines and comments at the margin after it belong to what comes next."""
    start = members[name].key_line - 1
    later = [member.key_line - 1 for member in members.values() if member.key_line - 1 > start]
    end = min(later, default=len(lines))
    while end > start + 1 and lines[end - 1].lstrip()[:1] in ("", "#") and lines[end - 1][:1] not in (" ", "\t"):
        end -= 1
    return start, end


def _expect_only(
    before: str, after: str, name: str, wanted: _Values | None, hint: str, folder: Path, shown: str
) -> None:
    """Read both and compare: this device is as it was asked for, and the others are what they were."""
    was = _values(before, folder, shown)
    try:
        now = _values(after, folder, shown)
    except ConfigError as error:
        raise ConfigError("the file is written in a way that cannot be changed from here", hint, where=shown) from error
    if now.pop(name, None) != wanted or now != {key: was[key] for key in was if key != name}:
        raise ConfigError("the file is written in a way that cannot be changed from here", hint, where=shown)


def _values(text: str, folder: Path, shown: str) -> dict[str, _Values]:
    """What each device comes to, wherever in the file it stands."""
    document = _document(text, shown)
    layers = devices_of_document(document, folder) if document else {}
    return {
        name: tuple({key: given.value for key, given in part.items()} for part in (x.values, x.limits, x.required))
        for name, x in layers.items()
    }
