"""Pack core and agent into one file that any Python from 3.8 runs."""

from __future__ import annotations

import importlib.util
import io
import py_compile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from edgeprof.core.files import digest_of_bytes, digest_of_file, write_atomically

_PACKAGE = Path(__file__).resolve().parent.parent
_PARTS = ("core", "agent")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAIN = b"from edgeprof.agent.__main__ import main\n\nmain()\n"


@dataclass(frozen=True)
class Bundle:
    """`key` names the sources it was made of and is in the file's name; `digest` is of the file's content."""

    path: Path
    digest: str
    key: str


def bundle(folder: Path) -> Bundle:
    """The agent's archive in `folder`, made unless it is there already, whole."""
    sources = _sources()
    key = digest_of_bytes(importlib.util.MAGIC_NUMBER + b"".join(n.encode() + c for n, c in sources.items()))[:16]
    path = folder / f"edgeprof-agent-{key}.pyz"
    if not _is_whole(path, sources):
        write_atomically(path, _archive(sources))
    return Bundle(path, digest_of_file(path), key)


def _sources() -> dict[str, bytes]:
    files = [_PACKAGE / "__init__.py"]
    for part in _PARTS:
        files += sorted((_PACKAGE / part).rglob("*.py"))
    return {f"edgeprof/{file.relative_to(_PACKAGE).as_posix()}": file.read_bytes() for file in files}


def _archive(sources: dict[str, bytes]) -> bytes:
    """Sources for every Python, and beside each its byte code for this one, which saves compiling at every start."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "__main__.py", _MAIN)
        for name, content in sources.items():
            _add(archive, name, content)
            _add(archive, f"{name}c", _byte_code(name, content))
    return buffer.getvalue()


def _byte_code(name: str, source: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file, compiled = Path(folder, "source.py"), Path(folder, "source.pyc")
        file.write_bytes(source)
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(file), str(compiled), dfile=name, doraise=True, invalidation_mode=unchecked)
        return compiled.read_bytes()


def _is_whole(path: Path, sources: dict[str, bytes]) -> bool:
    """Whether it is there and its parts have the checksums they were written with."""
    try:
        with zipfile.ZipFile(path) as archive:
            return set(sources) <= set(archive.namelist()) and archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
