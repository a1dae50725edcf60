"""Flags and the environment as layers."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from edgeprof.config.layer import Given, Layer
from edgeprof.config.limit import FLAGS, add_limit, limit_of_text
from edgeprof.config.quantity import shape_of
from edgeprof.config.setting import SETTINGS
from edgeprof.core.errors import ConfigError
from edgeprof.documents import quoted

NOT_SETTINGS = ("models", "config", "shape", "input", "candidates", "limit")


def layer_of_flags(flags: Mapping[str, Any], cwd: Path) -> Layer:
    """Flags by name; None is a flag that was not given."""
    given = {key: value for key, value in flags.items() if value is not None}
    unknown = set(given) - {s.key for s in SETTINGS if s.key != "model"} - set(FLAGS) - set(NOT_SETTINGS)
    if unknown:
        raise TypeError(f"no such flags: {', '.join(sorted(unknown))}")
    values = {
        s.key: Given(s.kind.read_text(_text(given[s.key]), s.flag[2:], s.flag), f"flag {s.flag}", cwd)
        for s in SETTINGS
        if s.key in given and not _is_absent(given[s.key])
    }
    return Layer(values, _limits_of_flags(given, cwd), _shapes(given, cwd), _inputs(given, cwd))


def layer_of_environment(environ: Mapping[str, str], cwd: Path) -> Layer:
    """EDGEPROF_RES and the like; an empty variable is one that is not set."""
    values = {
        s.key: Given(s.kind.read_text(environ[s.variable], s.key, s.variable), s.variable, cwd)
        for s in SETTINGS
        if s.in_environment and environ.get(s.variable)
    }
    limits: dict[str, Given] = {}
    for name, key in FLAGS.items():
        variable = f"EDGEPROF_{name.upper()}"
        if environ.get(variable):
            metric, value = limit_of_text(key, environ[variable], name, variable)
            add_limit(limits, metric, Given(value, variable, cwd))
    return Layer(values, limits)


def misspelt_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """A note for each EDGEPROF_ variable that nothing reads but that looks like one that is read."""
    read = [s.variable for s in SETTINGS if s.in_environment] + [f"EDGEPROF_{name.upper()}" for name in FLAGS]
    words = [name.removeprefix("EDGEPROF_") for name in read]
    notes = []
    for variable in sorted(environ):
        word = variable.removeprefix("EDGEPROF_")
        if word == variable or word in words:
            continue
        near = get_close_matches(word, words, n=1, cutoff=0.8)
        if near:
            notes.append(f"{variable} is not read; did you mean EDGEPROF_{near[0]}?")
    return tuple(notes)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (tuple, list, frozenset, set)) else str(value)


def _is_absent(value: Any) -> bool:
    """A flag that may be repeated and was not given arrives as an empty list."""
    return isinstance(value, (tuple, list, frozenset, set)) and not value


def _limits_of_flags(given: Mapping[str, Any], cwd: Path) -> dict[str, Given]:
    limits: dict[str, Given] = {}
    for name, key in FLAGS.items():
        if name in given:
            metric, value = limit_of_text(key, str(given[name]), name, f"--{name}")
            add_limit(limits, metric, Given(value, f"flag --{name}", cwd))
    for text in given.get("limit", ()):
        key, _, number = text.partition("=")
        if not number:
            raise ConfigError(f"{quoted(text)} has no value", "write --limit p99.9_ms=40", where="--limit")
        metric, value = limit_of_text(key.strip(), number, key.strip(), "--limit")
        add_limit(limits, metric, Given(value, "flag --limit", cwd))
    return limits


def _shapes(given: Mapping[str, Any], cwd: Path) -> dict[str, Given]:
    shapes: dict[str, Given] = {}
    for text in given.get("shape", ()):
        name, _, sides = text.rpartition(":")  # TensorFlow's input names hold colons too
        try:
            shape = shape_of(sides)
        except ValueError as error:
            hint = "write --shape name:1x3x224x224"
            raise ConfigError(f"{quoted(text)} is no named shape", hint, where="--shape") from error
        _add_once(shapes, name, Given(shape, "flag --shape", cwd), text)
    return shapes


def _inputs(given: Mapping[str, Any], cwd: Path) -> dict[str, Given]:
    inputs: dict[str, Given] = {}
    for text in given.get("input", ()):
        name, _, file = text.partition("=")
        if not file:
            raise ConfigError(f"{quoted(text)} names no file", "write --input name=FILE.npy", where="--input")
        _add_once(inputs, name, Given(file, "flag --input", cwd), text)
    return inputs


def _add_once(found: dict[str, Given], name: str, given: Given, text: str) -> None:
    if not name:
        raise ConfigError(f"{quoted(text)} names no input", "write the input's name first", where=given.where)
    if name in found:
        raise ConfigError(f"input {quoted(name)} is given twice", where=given.where)
    found[name] = given
