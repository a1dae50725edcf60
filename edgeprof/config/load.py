"""Flags, environment and files to one request, each value from the first place that has it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeprof.config.file import Device, RequestFile, nearest_request_file, read_devices_file, read_request_file
from edgeprof.config.flag import layer_of_environment, layer_of_flags, misspelt_variables
from edgeprof.config.layer import EMPTY, Given, Layer, first, merged
from edgeprof.config.limit import budget_of_limits
from edgeprof.config.request import Request
from edgeprof.config.setting import SETTINGS, TEXT
from edgeprof.core.errors import ConfigError
from edgeprof.core.measurement import Plan
from edgeprof.core.resolution import portrait_question
from edgeprof.documents import quoted

BUILT_IN = "built in"
HERE = ("local", "cpu")


def load_request(flags: Mapping[str, Any], *, cwd: Path, environ: Mapping[str, str]) -> Request:
    """Flag, EDGEPROF_*, the device in edgeprof.yaml, edgeprof.yaml, the user's devices.yaml, built in."""
    cwd = Path(os.path.abspath(cwd))
    given, environment = layer_of_flags(flags, cwd), layer_of_environment(environ, cwd)
    file = _request_file(flags.get("config") or environ.get("EDGEPROF_CONFIG"), cwd)
    own = _own_devices(environ)
    device = first((given, environment, file.top), "device") or Given("local", BUILT_IN, cwd)
    layers = (given, environment, _layer(file.devices, device), file.top, _layer(own, device))

    settled = _settle(layers, cwd)
    limits = merged(layer.limits for layer in layers)
    shapes = merged(layer.shapes for layer in layers)
    inputs = merged(layer.inputs for layer in layers)
    budget = budget_of_limits(limits)
    _check_precision(settled)
    models, origin = _models(flags, settled["model"], file.candidates, cwd)
    resolution, res_text = settled["res"].value
    portrait = portrait_question(resolution, res_text)
    return Request(
        models=models,
        candidates=tuple(_model(candidate, cwd) for candidate in file.candidates),
        resolution=resolution,
        batch=settled["batch"].value,
        shapes={name: shape.value for name, shape in shapes.items()},
        inputs={name: _existing_file(path, "input") for name, path in inputs.items()},
        device=settled["device"].value,
        host=settled["host"].value,
        runtime=settled["runtime"].value,
        precision=settled["precision"].value,
        weights=_weights(settled["weights"]),
        threads=settled["threads"].value,
        budget=budget,
        plan=_plan(settled),
        allow=settled["allow"].value,
        accept=settled["accept"].value,
        retries=settled["retries"].value,
        reuse_s=settled["reuse"].value,
        lock_timeout_s=settled["lock_timeout"].value,
        devices={name: _keys(name, own, file.devices) for name in {**own, **file.devices}},
        origins={
            **{key: value.origin for key, value in settled.items()},
            "model": origin,
            "candidates": file.candidates[0].origin if file.candidates else BUILT_IN,
            **{f"shapes.{name}": shape.origin for name, shape in shapes.items()},
            **{f"inputs.{name}": path.origin for name, path in inputs.items()},
            **{f"budget.{x.metric.key}": limits[x.metric.key].origin if limits else BUILT_IN for x in budget.limits},
        },
        notes=((portrait,) if portrait else ()) + misspelt_variables(environ),
    )


def _request_file(named: str | os.PathLike[str] | None, cwd: Path) -> RequestFile:
    if named:
        return read_request_file(cwd / named, os.fspath(named))
    path = nearest_request_file(cwd)
    return read_request_file(path, os.path.relpath(path, cwd)) if path else RequestFile()


def _own_devices(environ: Mapping[str, str]) -> dict[str, Device]:
    home = environ.get("HOME")
    folder = environ.get("XDG_CONFIG_HOME") or (home and os.path.join(home, ".config"))
    path = Path(folder, "edgeprof", "devices.yaml") if folder else None
    if path is None or not os.path.lexists(path):
        return {}
    shown = f"~/{path.relative_to(home)}" if home and path.is_relative_to(home) else str(path)
    return read_devices_file(path, shown)


def _layer(devices: Mapping[str, Device], name: Given) -> Layer:
    return devices[name.value].layer if name.value in devices else EMPTY


def _keys(name: str, own: Mapping[str, Device], in_file: Mapping[str, Device]) -> dict[str, Any]:
    """All that is known of a device, key by key: edgeprof.yaml before the user's own file."""
    return {key: value for devices in (own, in_file) if name in devices for key, value in devices[name].keys.items()}


def _settle(layers: tuple[Layer, ...], cwd: Path) -> dict[str, Given]:
    settled = {s.key: first(layers, s.key) or Given(s.built_in, BUILT_IN, cwd, len(layers)) for s in SETTINGS}
    res, quick = settled["res"], settled["quick"]
    if res.value[0].batch:
        _imply(settled, "batch", res.value[0].batch, res, f"res {res.value[1]} has {res.value[0].batch}")
    if quick.value:
        _imply(settled, "processes", 1, quick, "quick means 1")
    return settled


def _imply(settled: dict[str, Given], key: str, value: Any, by: Given, because: str) -> None:
    """A value that another one implies counts as written beside it."""
    own = settled[key]
    if own.rank == by.rank and own.value != value:
        raise ConfigError(f"{key} is {own.value}, but {because}", "leave one of the two out", where=own.where)
    if own.rank >= by.rank:
        settled[key] = Given(value, by.origin, by.folder, by.rank)


def _models(
    flags: Mapping[str, Any], model: Given, candidates: tuple[Given, ...], cwd: Path
) -> tuple[tuple[str, ...], str]:
    """Those on the command line, else the one named elsewhere, else the candidates; with --candidates these too."""
    asked = [TEXT.read_text(name, "model", "command line") for name in flags.get("models") or ()]
    named, origin = asked, "command line"
    listed = [_model(candidate, cwd) for candidate in candidates]
    if flags.get("candidates") and not listed:
        raise ConfigError("no candidates are named", "add candidates: [...] to edgeprof.yaml", where="--candidates")
    if not named and model.value:
        named, origin = [_model(model, cwd)], model.origin
    if not named and listed:
        named, origin = listed, candidates[0].origin
    elif flags.get("candidates"):
        named, origin = named + listed, f"{origin} and {candidates[0].origin}"
    if not named:
        raise ConfigError("no model is named", "name one, such as mobilenetv3_large, or write model: in edgeprof.yaml")
    return tuple(dict.fromkeys(named)), origin


def _model(given: Given, cwd: Path) -> str:
    """A path in a file starts at that file's folder."""
    name: str = given.value
    if not name.endswith(".onnx") or given.folder == cwd:
        return name
    return os.path.relpath(given.folder / name, cwd)


def _weights(given: Given) -> str:
    name: str = given.value
    return name if name in ("random", "pretrained") else _existing_file(given, "weights")


def _existing_file(given: Given, name: str) -> str:
    path: str = os.path.abspath(given.folder / os.path.expanduser(given.value))
    if not os.path.isfile(path):
        hint = "random, pretrained or the path of a checkpoint" if name == "weights" else None
        raise ConfigError(f"{name} is {quoted(given.value)}, which is not a file", hint, where=given.where)
    return path


def _check_precision(settled: Mapping[str, Given]) -> None:
    precision = settled["precision"]
    if settled["device"].value in HERE and precision.value in ("fp16", "int8"):
        raise ConfigError(
            f"precision is {quoted(precision.value)}, which {settled['device'].value} does not compute in",
            "write fp32, bf16 or auto",
            where=precision.where,
        )


def _plan(settled: Mapping[str, Given]) -> Plan:
    return Plan(
        processes=settled["processes"].value,
        quick=settled["quick"].value,
        max_duration_s=settled["max_duration"].value,
        warm_up=settled["warmup"].value,
        duration_s=settled["duration"].value,
        samples=settled["iterations"].value,
    )


def load_device(flags: Mapping[str, Any], *, cwd: Path, environ: Mapping[str, str]) -> tuple[str, bool]:
    """The device's name, and whether a file describes it: for commands that need no model."""
    cwd = Path(os.path.abspath(cwd))
    file = _request_file(flags.get("config") or environ.get("EDGEPROF_CONFIG"), cwd)
    layers = (layer_of_flags(flags, cwd), layer_of_environment(environ, cwd), file.top)
    given = first(layers, "device")
    name = given.value if given else "local"
    return name, name in {**_own_devices(environ), **file.devices}
