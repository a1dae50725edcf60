"""Flags, environment and files to one request, each value from the first place that has it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeprof.config.flag import misspelt_variables
from edgeprof.config.layer import Given, merged
from edgeprof.config.limit import budget_of_limits
from edgeprof.config.machine import machine_of
from edgeprof.config.places import BUILT_IN, read_places, settle
from edgeprof.config.precision import choose
from edgeprof.config.request import Request
from edgeprof.config.running import running_of
from edgeprof.config.setting import TEXT
from edgeprof.core.errors import ConfigError
from edgeprof.core.machine import expect_measurable
from edgeprof.core.measurement import Plan
from edgeprof.core.profile import Lookup, no_profiles
from edgeprof.core.resolution import portrait_question
from edgeprof.documents import quoted


def load_request(
    flags: Mapping[str, Any],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    profiles: Lookup = no_profiles,
    is_run: bool = True,
) -> Request:
    """Flag, EDGEPROF_*, the device in edgeprof.yaml, edgeprof.yaml, the user's devices.yaml, its profile, built in.

    What is converted and not run may have a precision that its machine lacks.
    """
    places = read_places(flags, cwd=cwd, environ=environ)
    cwd, candidates = places.cwd, places.file.candidates
    settled = settle(places)
    limits = merged(layer.limits for layer in places.layers)
    shapes = merged(layer.shapes for layer in places.layers)
    inputs = merged(layer.inputs for layer in places.layers)
    budget = budget_of_limits(limits)
    models, origin = _models(flags, settled["model"], candidates, cwd)
    resolution, res_text = settled["res"].value
    portrait = portrait_question(resolution, res_text)
    named = machine_of(places, settled, profiles)
    expect_measurable(named.machine.name, named.machine.profile)
    choice = choose(settled, named.machine, is_run=is_run)
    _expect_frame(settled)
    return Request(
        models=models,
        candidates=tuple(_model(candidate, cwd) for candidate in candidates),
        resolution=resolution,
        batch=settled["batch"].value.rows,
        is_dynamic=settled["batch"].value.is_dynamic,
        features=settled["features"].value,
        frame=settled["frame"].value,
        fit=settled["fit"].value,
        bgr=settled["bgr"].value,
        shapes={name: shape.value for name, shape in shapes.items()},
        inputs={name: _existing_file(path, "input") for name, path in inputs.items()},
        machine=named.machine,
        runtime=settled["runtime"].value,
        raced=choice.raced.value,
        precision=choice.precision.value,
        weights=_weights(settled["weights"]),
        calibration=_calibration(settled["calibration"]),
        threads=settled["threads"].value,
        running=running_of(settled, choice.raced.value),
        budget=budget,
        plan=_plan(settled),
        allow=settled["allow"].value,
        accept=settled["accept"].value,
        retries=settled["retries"].value,
        reuse_s=settled["reuse"].value,
        lock_timeout_s=settled["lock_timeout"].value,
        wait_for_device_s=settled["wait_for_device"].value,
        cools_down=settled["cool_down"].value,
        origins={
            **{key: value.origin for key, value in settled.items()},
            **named.origins,
            "model": origin,
            "raced": choice.raced.origin,
            "precision": choice.precision.origin,
            "candidates": candidates[0].origin if candidates else BUILT_IN,
            **{f"shapes.{name}": shape.origin for name, shape in shapes.items()},
            **{f"inputs.{name}": path.origin for name, path in inputs.items()},
            **{f"budget.{x.metric.key}": limits[x.metric.key].origin if limits else BUILT_IN for x in budget.limits},
        },
        notes=tuple(note for note in (portrait, choice.note) if note) + misspelt_variables(environ),
    )


def _expect_frame(settled: Mapping[str, Given]) -> None:
    """A flag that changes nothing was meant to change something."""
    if settled["frame"].value is not None:
        return
    if settled["bgr"].rank == 0:
        raise ConfigError("there is no frame that it would change", "add --frame uint8", where=settled["bgr"].where)
    if settled["fit"].rank == 0 and settled["res"].value[0].is_native:
        raise ConfigError(
            "the model gets its own size, so nothing has to fit",
            "add --res 1080, or --frame uint8:1920x1080",
            where=settled["fit"].where,
        )


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


def _calibration(given: Given) -> str | None:
    if given.value is None:
        return None
    path: str = os.path.abspath(given.folder / os.path.expanduser(given.value))
    if not os.path.isdir(path):
        raise ConfigError(f"calibration is {quoted(given.value)}, which is not a folder", where=given.where)
    return path


def _existing_file(given: Given, name: str) -> str:
    path: str = os.path.abspath(given.folder / os.path.expanduser(given.value))
    if not os.path.isfile(path):
        hint = "random, pretrained or the path of a checkpoint" if name == "weights" else None
        raise ConfigError(f"{name} is {quoted(given.value)}, which is not a file", hint, where=given.where)
    return path


def _plan(settled: Mapping[str, Given]) -> Plan:
    return Plan(
        processes=settled["processes"].value,
        quick=settled["quick"].value,
        max_duration_s=settled["max_duration"].value,
        warm_up=settled["warmup"].value,
        duration_s=settled["duration"].value,
        samples=settled["iterations"].value,
    )
