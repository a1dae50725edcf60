"""Read edgeprof.yaml and the user's devices.yaml into layers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgeprof.config.layer import Given, Layer
from edgeprof.config.limit import limits_of_node
from edgeprof.config.quantity import shape_of
from edgeprof.config.setting import REQUIRED, SETTINGS, TEXT, WORD, Setting, in_section, known_keys
from edgeprof.core.errors import ConfigError
from edgeprof.core.metric import known_keys as budget_keys
from edgeprof.documents import Node, read_document

NAME = "edgeprof.yaml"
VERSION = 1


@dataclass(frozen=True)
class RequestFile:
    """All that one edgeprof.yaml says, a layer for each of its devices; `folder` is where it stands."""

    top: Layer = field(default_factory=Layer)
    candidates: tuple[Given, ...] = ()
    devices: Mapping[str, Layer] = field(default_factory=dict)
    folder: Path | None = None


def nearest_request_file(cwd: Path) -> Path | None:
    """From the working directory up to the repository's root; outside a repository only the working directory."""
    folders = [cwd, *cwd.parents]
    root = next((i for i, folder in enumerate(folders) if os.path.lexists(folder / ".git")), 0)
    return next((folder / NAME for folder in folders[: root + 1] if os.path.lexists(folder / NAME)), None)


def read_request_file(path: Path, shown: str) -> RequestFile:
    folder = path.parent
    document = read_document(path, shown)
    document.refuse_unknown(known_keys(""), _misplaced(""))
    members = document.members()
    _check_version(members.get("version"))
    values = _settings(document, "", folder)
    shapes: dict[str, Given] = {}
    inputs: dict[str, Given] = {}
    for section in ("input", "sampling"):
        if section in members:
            members[section].refuse_unknown(known_keys(section), _misplaced(section))
            values |= _settings(members[section], section, folder)
    if "input" in members:
        shapes, inputs = _shapes(members["input"], folder), _files(members["input"], folder)
    top = Layer(values, _limits(members.get("budget"), folder), shapes, inputs)
    candidates = _candidates(members.get("candidates"), folder)
    return RequestFile(top, candidates, _devices(members.get("devices"), folder), folder)


def read_devices_file(path: Path, shown: str) -> dict[str, Layer]:
    """A file that holds what stands under `devices` in edgeprof.yaml."""
    return devices_of_document(read_document(path, shown), path.parent)


def devices_of_document(document: Node, folder: Path) -> dict[str, Layer]:
    return {name: _device(node, folder, "") for name, node in document.members().items()}


def _settings(node: Node, section: str, folder: Path, suffix: str = "") -> dict[str, Given]:
    members = node.members()
    return {
        setting.key: _given(setting, members[setting.file_key], folder, suffix)
        for setting in in_section(section)
        if setting.file_key in members
    }


def _given(setting: Setting, node: Node, folder: Path, suffix: str) -> Given:
    return Given(setting.kind.read_node(node), node.where + suffix, folder)


def _limits(node: Node | None, folder: Path, suffix: str = "") -> dict[str, Given]:
    if node is None:
        return {}
    return {key: Given(value, where + suffix, folder) for key, (value, where) in limits_of_node(node).items()}


def _candidates(node: Node | None, folder: Path) -> tuple[Given, ...]:
    return tuple(Given(TEXT.read_node(item), item.where, folder) for item in node.items()) if node else ()


def _shapes(node: Node, folder: Path) -> dict[str, Given]:
    shapes = node.members().get("shapes")
    return (
        {name: Given(_shape(member), member.where, folder) for name, member in shapes.members().items()}
        if shapes
        else {}
    )


def _shape(node: Node) -> tuple[int, ...]:
    """`1x3x224x224`, or the sides as a list."""
    sides = node.value if isinstance(node.value, tuple) else (node,)
    text = "x".join(str(WORD.read_node(side)) for side in sides)
    try:
        return shape_of(text)
    except ValueError as error:
        raise node.misfit("a shape such as 1x3x224x224") from error


def _files(node: Node, folder: Path) -> dict[str, Given]:
    files = node.members().get("files")
    if not files:
        return {}
    return {name: Given(TEXT.read_node(member), member.where, folder) for name, member in files.members().items()}


def _devices(node: Node | None, folder: Path) -> dict[str, Layer]:
    if node is None:
        return {}
    return {name: _device(member, folder, f" devices.{name}") for name, member in node.members().items()}


def _device(node: Node, folder: Path, suffix: str) -> Layer:
    node.refuse_unknown(known_keys("device"))
    members = node.members()
    return Layer(
        _settings(node, "device", folder, suffix),
        _limits(members.get("budget"), folder, suffix),
        required=_required(members["require"], folder, suffix) if "require" in members else {},
    )


def _required(node: Node, folder: Path, suffix: str) -> dict[str, Given]:
    node.refuse_unknown([setting.key for setting in REQUIRED])
    members = node.members()
    return {s.key: _given(s, members[s.key], folder, suffix) for s in REQUIRED if s.key in members}


def _check_version(node: Node | None) -> None:
    if node is None or (type(node.value) is int and node.value == VERSION):
        return
    if type(node.value) is int and node.value > VERSION:
        raise ConfigError(
            f"version is {node.value}, this edgeprof reads {VERSION}", "upgrade edgeprof", where=node.where
        )
    raise node.misfit(str(VERSION))


def _misplaced(section: str) -> dict[str, str]:
    """Hints for keys that belong elsewhere: `res` or `p99_ms` at the top."""
    elsewhere = {
        setting.file_key: f'put it under "{setting.section}"' if setting.section else "put it at the top of the file"
        for setting in SETTINGS
        if setting.section is not None and setting.section != section
    }
    return {**elsewhere, **dict.fromkeys(budget_keys(), 'put it under "budget"')}
