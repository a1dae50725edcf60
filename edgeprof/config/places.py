"""Everything that was said of a request, place by place, the first to be believed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeprof.config.file import RequestFile, nearest_request_file, read_request_file
from edgeprof.config.flag import layer_of_environment, layer_of_flags
from edgeprof.config.layer import EMPTY, Given, Layer, first
from edgeprof.config.own import read_own_devices
from edgeprof.config.setting import SETTINGS
from edgeprof.core.errors import ConfigError

BUILT_IN = "built in"


@dataclass(frozen=True)
class Places:
    """Flags, EDGEPROF_*, the device in edgeprof.yaml, edgeprof.yaml, the user's devices.yaml."""

    layers: tuple[Layer, ...]
    device: Given
    file: RequestFile
    own: Mapping[str, Layer]
    cwd: Path

    @property
    def configured(self) -> tuple[str, ...]:
        """The machines that a file describes."""
        return tuple({**self.file.devices, **self.own})


def read_places(flags: Mapping[str, Any], *, cwd: Path, environ: Mapping[str, str]) -> Places:
    cwd = Path(os.path.abspath(cwd))
    given, environment = layer_of_flags(flags, cwd), layer_of_environment(environ, cwd)
    file = _request_file(flags.get("config") or environ.get("EDGEPROF_CONFIG"), cwd)
    own = read_own_devices(environ)
    device = _device((given, environment, file.top), cwd)
    layers = (given, environment, file.devices.get(device.value, EMPTY), file.top, own.get(device.value, EMPTY))
    return Places(layers, device, file, own, cwd)


def settle(places: Places) -> dict[str, Given]:
    """Every setting from the first place that has it."""
    layers = places.layers
    settled = {s.key: first(layers, s.key) or Given(s.built_in, BUILT_IN, places.cwd, len(layers)) for s in SETTINGS}
    settled["device"] = places.device
    res, quick = settled["res"], settled["quick"]
    if res.value[0].batch:
        rows = res.value[0].batch
        _imply(settled, "batch", settled["batch"].value.with_rows(rows), res, f"res {res.value[1]} has {rows}")
    if quick.value:
        _imply(settled, "processes", 1, quick, "quick means 1")
    return settled


def _device(layers: tuple[Layer, ...], cwd: Path) -> Given:
    """A host that is named without a device is one, and so is a card."""
    found = first(layers, "device") or first(layers[:2], "host")
    card = first(layers[:2], "gpu")
    return found or (replace(card, value="gpu") if card else Given("local", BUILT_IN, cwd, len(layers)))


def _request_file(named: str | os.PathLike[str] | None, cwd: Path) -> RequestFile:
    if named:
        return read_request_file(cwd / named, os.fspath(named))
    path = nearest_request_file(cwd)
    return read_request_file(path, os.path.relpath(path, cwd)) if path else RequestFile()


def _imply(settled: dict[str, Given], key: str, value: Any, by: Given, because: str) -> None:
    """A value that another one implies counts as written beside it."""
    own = settled[key]
    if own.rank == by.rank and own.value != value:
        raise ConfigError(f"{key} is {own.value}, but {because}", "leave one of the two out", where=own.where)
    if own.rank >= by.rank:
        settled[key] = replace(by, value=value)


@dataclass(frozen=True)
class Configured:
    """A machine that a file describes, as a list shows it; `where` is the file that comes first, with line and key."""

    name: str
    host: str | None
    profile: str | None
    where: str


def configured_devices(places: Places) -> tuple[Configured, ...]:
    """edgeprof.yaml's, then the user's own; of one that stands in both, edgeprof.yaml's keys come first."""
    found = []
    for name in places.configured:
        layers = (places.file.devices.get(name, EMPTY), places.own.get(name, EMPTY))
        host, profile = first(layers, "host"), first(layers, "profile")
        where = where_described(name, places.file.devices) or where_described(name, places.own) or ""
        found.append(Configured(name, host.value if host else None, profile.value if profile else None, where))
    return tuple(found)


def where_described(name: str, devices: Mapping[str, Layer]) -> str | None:
    """File, line and key of what it says first; None where it is not there."""
    layer = devices.get(name)
    if layer is None:
        return None
    said = [*layer.values.values(), *layer.limits.values(), *layer.required.values()]
    return said[0].origin if said else f"devices.{name}"
