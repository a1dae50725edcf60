"""Frozen values to JSON and back: the wire's lines, and the measurement files with their versions."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Dict, Mapping, Type, TypeVar, Union, get_type_hints

from edgeprof.core.errors import ConfigError

if TYPE_CHECKING:  # the measured process knows no measurements
    from edgeprof.core.measurement import Measurement

T = TypeVar("T")

_LARGEST_NUMBER = 1e300  # JSON's numbers have no end: of whole ones float() raises, of others it makes infinity
_LARGEST_INTEGER = 2**64  # what a counter holds; one much larger raises where it is divided

# 1, 2026-11: the first.
VERSION = 1


def plain(value: Any) -> Any:
    """Dataclasses, enums and tuples as dicts, strings and lists; infinity as a word, since JSON has none."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and value in (inf, -inf):
        return "inf" if value > 0 else "-inf"
    return value


def restore(kind: Type[T], value: Any, where: str = "") -> T:
    """The value that `plain` came from; ValueError names the place that does not fit."""
    return _restore(kind, value, where or kind.__name__)  # type: ignore[no-any-return]


def dump_measurement(measurement: Measurement) -> str:
    return json.dumps({"version": VERSION, **plain(measurement)}, separators=(",", ":"), allow_nan=False)


def load_measurement(text: Union[str, bytes], where: str) -> Measurement:
    """Read a measurement written by this version or an older one."""
    from edgeprof.core.measurement import Measurement

    try:
        document = json.loads(text, parse_constant=_refuse)  # a latency that is no number is over no budget
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"not a measurement: {error}", "name a file that edgeprof saved", where=where) from error
    if not isinstance(document, dict) or not isinstance(document.get("version"), int):
        raise ConfigError("not a measurement: it has no version", "name a file that edgeprof saved", where=where)
    version = document.pop("version")
    if version > VERSION:
        raise ConfigError(f"written by a newer edgeprof (version {version})", "upgrade edgeprof", where=where)
    try:
        measurement: Measurement = restore(Measurement, document, "measurement")
        _expect(measurement.plan.processes > 0, "measurement.plan.processes", "1 or more", measurement.plan.processes)
        return measurement
    except ValueError as error:
        raise ConfigError(f"not a whole measurement: {error}", "the file may be cut off", where=where) from error


def _restore(kind: Any, value: Any, where: str) -> Any:
    origin = getattr(kind, "__origin__", None)
    arguments: Any = getattr(kind, "__args__", ())
    if kind is Any:
        return value
    if origin is Union:
        options = [option for option in arguments if option is not type(None)]
        return None if value is None else _restore(options[0], value, where)
    if origin is tuple:
        return _restore_tuple(arguments, value, where)
    if origin is not None:  # the only other generic used is Mapping
        _expect(isinstance(value, dict), where, "an object", value)
        return {key: _restore(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if is_dataclass(kind):
        return _restore_dataclass(kind, value, where)
    if issubclass(kind, Enum):
        return kind(value)
    if kind is float:
        if value in ("inf", "-inf"):
            return float(value)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        _expect(is_number and abs(value) <= _LARGEST_NUMBER, where, "a number", value)
        return float(value)
    _expect(isinstance(value, kind) and (kind is bool or not isinstance(value, bool)), where, kind.__name__, value)
    if kind is int:
        _expect(abs(value) < _LARGEST_INTEGER, where, "a smaller number", value)
    return value


def _restore_tuple(arguments: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, list), where, "a list", value)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        if arguments[0] is float and all(type(item) is float and isfinite(item) for item in value):
            return tuple(value)  # samples: thousands of them, and JSON already made them floats
        return tuple(_restore(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    _expect(len(value) == len(arguments), where, f"{len(arguments)} items", value)
    return tuple(_restore(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(arguments, value)))


def _restore_dataclass(kind: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), where, "an object", value)
    hints = _hints(kind)
    given = {}
    for f in fields(kind):
        if f.name in value:
            given[f.name] = _restore(hints[f.name], value[f.name], f"{where}.{f.name}")
        elif f.default is MISSING and f.default_factory is MISSING:
            raise ValueError(f"{where} has no {f.name}")
    return kind(**given)


@lru_cache(maxsize=None)
def _hints(kind: Any) -> Dict[str, Any]:
    return get_type_hints(kind)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def _expect(fits: bool, where: str, expected: str, value: Any) -> None:
    if not fits:
        raise ValueError(f"{where} is {str(value)[:60]!r}, expected {expected}")
