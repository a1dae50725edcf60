"""YAML documents as trees in which every key and value knows the line it stands on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from edgeprof.core.errors import ConfigError

LARGEST_BYTES = 1 << 20
MOST_NODES = 20_000
DEEPEST = 50
LONGEST_NUMBER = 40  # characters; Python refuses integers of more than 4300, and nothing here needs 20

Scalar = str | int | float | bool | None

# YAML 1.2's core schema: `on`, `yes`, `16:9` and dates are text, `1e3` is a number.
# Patterns are compiled where they are first used: most commands read no file.
_NULL = ("", "~", "null", "Null", "NULL")
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")
_INTEGER = r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
_NOT_FINITE = r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
_PLAIN = r"[A-Za-z/~][A-Za-z0-9_.@/~+-]*"  # text that may stand without quotes
_UNPRINTABLE = "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


@dataclass(frozen=True)
class Node:
    """A scalar, a tuple of nodes or a mapping of them; `raw` is a scalar as it was typed."""

    value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    name: str  # its key, for messages
    file: str
    line: int
    key_line: int
    raw: str = ""

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def key_where(self) -> str:
        return f"{self.file}:{self.key_line}"

    @property
    def shown(self) -> str:
        """The value as an error message quotes it."""
        if isinstance(self.value, Mapping):
            return "a mapping"
        if isinstance(self.value, tuple):
            return "a list"
        if self.value is None:
            return "empty"
        return quoted(self.value) if isinstance(self.value, str) else self.raw

    def misfit(self, expected: str, hint: str | None = None) -> ConfigError:
        where = self.key_where if self.value is None else self.where
        return ConfigError(f"{self.name} is {self.shown}, expected {expected}", hint, where=where)

    def members(self) -> Mapping[str, Node]:
        if not isinstance(self.value, Mapping):
            raise self.misfit("keys with values")
        return self.value

    def items(self) -> tuple[Node, ...]:
        if not isinstance(self.value, tuple):
            raise self.misfit("a list")
        return self.value

    def refuse_unknown(self, known: Iterable[str], hints: Mapping[str, str] | None = None) -> None:
        """Every key of this mapping is one of these, else the nearest of them is named; `hints` are for known slips."""
        for key, member in self.members().items():
            if key not in known:
                inside = f" in {self.name}" if self.name else ""
                hint = (hints or {}).get(key) or nearest_hint(key, known)
                raise ConfigError(f"unknown key {quoted(key)}{inside}", hint, where=member.key_where)


def read_document(path: str | os.PathLike[str], shown: str | None = None) -> Node:
    """The mapping a YAML file holds; `shown` is what messages call the file."""
    file = shown or os.fspath(path)
    try:
        with open(path, "rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", "name a YAML file", where=file) from error
    return parse_document(content, file)


def parse_document(content: bytes, file: str, *, use_libyaml: bool = True) -> Node:
    """The mapping that these bytes are as YAML, else ConfigError."""
    if len(content) > LARGEST_BYTES:
        raise ConfigError("larger than 1 MiB", "name an edgeprof YAML file; these are a few lines", where=f"{file}:1")
    text = _decode(content, file)
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if use_libyaml else yaml.SafeLoader
    try:
        return _Composer(yaml.parse(text, Loader=loader), file).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"not valid YAML: {problem}", where=f"{file}:{line}") from error
    except (ValueError, OverflowError) as error:  # "\UFFFFFFFF" and "\ud800" with PyYAML's own scanner
        raise ConfigError(f"not valid YAML: {error}", where=f"{file}:1") from error


def quoted(text: str) -> str:
    """Text in double quotes on one line, cut where it is long."""
    short = text if len(text) <= 60 else text[:57] + "..."
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in short)
    return f'"{plain}"'


def written(text: str) -> str:
    """A text as YAML wants it, also inside of braces."""
    return text if re.fullmatch(_PLAIN, text) and _resolved(text) == text else json.dumps(text, ensure_ascii=False)


def nearest_hint(word: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown word: the nearest known one, else all of them."""
    words = list(known)
    near = get_close_matches(word, words, n=1)
    return f'did you mean "{near[0]}"?' if near else f"known: {', '.join(words)}"


def _decode(content: bytes, file: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8", "save the file as UTF-8", where=f"{file}:{line}") from error
    control = re.search(_UNPRINTABLE, text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise ConfigError(f"control character U+{ord(control[0]):04X}", "remove it", where=f"{file}:{line}")
    return text


class _Composer:
    """Events to nodes. Limits hold while reading, so a hostile file costs no more than a large one."""

    def __init__(self, events: Iterator[Any], file: str) -> None:
        self._events = events
        self._file = file
        self._nodes = 0

    def document(self) -> Node:
        next(self._events)  # the stream's start
        start = next(self._events)
        if _is(start, "StreamEnd"):
            raise self._refusal(start, "the file is empty, expected keys with values")
        root = self._node(next(self._events))
        next(self._events)  # the document's end
        more = next(self._events)
        if not _is(more, "StreamEnd"):
            raise self._refusal(more, "a second document begins here, expected one", "remove the ---")
        if not isinstance(root.value, Mapping):
            raise ConfigError(f"the file is {root.shown}, expected keys with values", where=root.where)
        return root

    def _node(self, event: Any, name: str = "", key_line: int | None = None, depth: int = 0) -> Node:
        self._check(event, depth)
        line = _line(event)
        value: Any
        raw = ""
        if _is(event, "MappingStart"):
            value = self._mapping(depth)
        elif _is(event, "SequenceStart"):
            value = self._sequence(name, depth)
        else:
            raw = event.value
            value = self._scalar(event)
        return Node(value, name, self._file, line, key_line or line, raw)

    def _mapping(self, depth: int) -> dict[str, Node]:
        members: dict[str, Node] = {}
        while not _is(event := next(self._events), "MappingEnd"):
            key = self._key(event, depth)
            if key in members:
                first = members[key].key_line
                raise self._refusal(event, f"{quoted(key)} stands on line {first} already", "remove one of the two")
            members[key] = self._node(next(self._events), key, _line(event), depth + 1)
        return members

    def _sequence(self, name: str, depth: int) -> tuple[Node, ...]:
        items: list[Node] = []
        while not _is(event := next(self._events), "SequenceEnd"):
            items.append(self._node(event, f"{name}[{len(items)}]", None, depth + 1))
        return tuple(items)

    def _key(self, event: Any, depth: int) -> str:
        self._check(event, depth)
        key = self._scalar(event) if _is(event, "Scalar") else None
        if isinstance(key, str):
            return key
        shown = quoted(event.value) if _is(event, "Scalar") else "a list or a mapping"
        raise self._refusal(event, f"a key is {shown}, expected text", "put the key in quotes")

    def _scalar(self, event: Any) -> Scalar:
        text: str = event.value
        text.encode()  # refuses half a surrogate pair, which PyYAML's own scanner lets through
        plain = event.implicit[0]
        if plain and len(text) > LONGEST_NUMBER and (re.fullmatch(_INTEGER, text) or re.fullmatch(_FLOAT, text)):
            raise self._refusal(event, f"a number of {len(text)} characters", "put it in quotes if it is text")
        return _resolved(text) if plain else text

    def _check(self, event: Any, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise self._refusal(event, f"more than {MOST_NODES} values", "an edgeprof YAML file is a few lines")
        if depth > DEEPEST:
            raise self._refusal(event, f"nested more than {DEEPEST} deep")
        if event.anchor:
            mark = "*" if _is(event, "Alias") else "&"
            raise self._refusal(
                event, f"{quoted(mark + event.anchor)}: anchors and aliases are not read", "write the value out"
            )
        if event.tag:
            raise self._refusal(event, f"tag {quoted(event.tag)}: tags are not read", "remove it")

    def _refusal(self, event: Any, message: str, hint: str | None = None) -> ConfigError:
        return ConfigError(message, hint, where=f"{self._file}:{_line(event)}")


def _is(event: Any, kind: str) -> bool:
    return type(event).__name__ == f"{kind}Event"


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _resolved(text: str) -> Scalar:
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if re.fullmatch(_INTEGER, text):
        return int(text, 0 if text[:2] in ("0x", "0o") else 10)
    if re.fullmatch(_FLOAT, text):
        return float(text)
    if re.fullmatch(_NOT_FINITE, text):
        return float(text.replace(".", ""))
    return text
