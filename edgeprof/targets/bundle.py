"""Pack core and agent into one file that any Python from 3.8 runs."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from edgeprof.agent.byte_code import add_byte_code, compiled_path
from edgeprof.core.files import digest_of_bytes, digest_of_file, is_trusted, write_atomically

_PACKAGE = Path(__file__).resolve().parent.parent
_PARTS = ("core", "agent")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAIN = b"from edgeprof.agent.__main__ import main\n\nmain()\n"
# What zipfile says of a file that is not what we wrote: unreadable, no archive, without a member, with one that is
# damaged, encrypted (RuntimeError) or compressed in a way that it does not know (NotImplementedError).
_OTHERS = (OSError, zipfile.BadZipFile, KeyError, zlib.error, RuntimeError, NotImplementedError)


@dataclass(frozen=True)
class Bundle:
    """`key` names the sources it was made of and is in the file's name; `digest` is of the file's content."""

    path: Path
    digest: str
    key: str


def bundle(folder: Path) -> Bundle:
    """The agent's archive in `folder`, and beside it its byte code, made unless they are there, whole."""
    sources = _sources()
    key = digest_of_bytes(b"".join(name.encode() + content for name, content in sources.items()))[:16]
    path = folder / f"edgeprof-agent-{key}.pyz"
    members = {"__main__.py": _MAIN, **sources}
    if not _holds(path, members):
        write_atomically(path, _archive(members))
    if not _holds(Path(compiled_path(str(path))), members, compiled=True):
        add_byte_code(str(path))
    return Bundle(path, digest_of_file(path), key)


def _sources() -> dict[str, bytes]:
    files = [_PACKAGE / "__init__.py"]
    for part in _PARTS:
        files += sorted((_PACKAGE / part).rglob("*.py"))
    return {f"edgeprof/{file.relative_to(_PACKAGE).as_posix()}": file.read_bytes() for file in files}


def _archive(members: dict[str, bytes]) -> bytes:
    """Sources alone, since every Python reads them and each has a byte code of its own; small, since they are sent."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def _holds(path: Path, members: dict[str, bytes], *, compiled: bool = False) -> bool:
    """Whether it is nobody else's and holds just these; of byte code, which takes long to make, only the sources."""
    names = [*members, *(f"{name}c" for name in members if compiled)]
    try:
        if path.is_symlink() or not is_trusted(path.stat()):
            return False
        with zipfile.ZipFile(path) as archive:
            is_same = all(archive.read(name) == content for name, content in members.items())
            return is_same and sorted(archive.namelist()) == sorted(names) and archive.testzip() is None
    except _OTHERS:
        return False
