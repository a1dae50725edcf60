"""A file that another tool wrote, as bytes, and what every reader makes of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeprof.core.errors import ConfigError
from edgeprof.core.files import digest_of_bytes
from edgeprof.documents import quoted

LARGEST_BYTES = 64 << 20  # 200,000 inferences as trtexec writes them
_LONGEST_S = 3600.0  # an inference of more than an hour is a unit misread
_LONGEST_TEXT = 300
_HINT = "name the file that the tool wrote"


@dataclass(frozen=True)
class Source:
    """`where` is what messages call it."""

    where: str
    content: bytes

    @property
    def digest(self) -> str:
        return digest_of_bytes(self.content)

    def refusal(self, problem: str, hint: str, line: int | None = None) -> ConfigError:
        return ConfigError(problem, hint, where=self.where if line is None else f"{self.where}:{line}")


@dataclass(frozen=True)
class Times:
    """Latencies of each process that a file tells of, in order; none where it holds figures only."""

    tool: str
    runtime: str
    inside_infer: str
    processes: tuple[tuple[float, ...], ...]
    model: str | None = None
    notes: tuple[str, ...] = ()


def source_at(path: Path) -> Source:
    """The whole file, if it is a plain one of a bearable size."""
    where = str(path)
    try:
        if not path.is_file() and path.exists():  # a named pipe would be waited for
            raise ConfigError("is not a plain file", _HINT, where=where)
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", _HINT, where=where) from error
    if len(content) > LARGEST_BYTES:
        raise ConfigError("larger than 64 MiB", "measure for a minute; that is plenty", where=where)
    if not content.strip():
        raise ConfigError("is empty", _HINT, where=where)
    return Source(where, content)


def json_of(source: Source, hint: str) -> Any:
    """The document, NaN and infinity refused."""
    try:
        return json.loads(source.content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise source.refusal(f"not whole JSON: {error}", hint) from error


def text_of(source: Source, hint: str) -> str:
    try:
        return source.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise source.refusal("not text in UTF-8", hint) from error


def latency_s(value: Any, scale: float) -> float | None:
    """A number, or its text, in seconds; None where it cannot be an inference's."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value) * scale
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds <= _LONGEST_S else None  # NaN is neither


def shown(value: Any) -> str:
    """As an error message quotes what it did not expect."""
    return quoted(str(value)[:_LONGEST_TEXT])


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")
