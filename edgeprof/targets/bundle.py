"""Pack core and agent into one file that any Python from 3.8 runs."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from edgeprof.agent.byte_code import add_byte_code, compiled_path
from edgeprof.core.files import digest_of_bytes, digest_of_file, is_trusted, write_atomically
from edgeprof.targets.lean import lean

_PACKAGE = Path(__file__).resolve().parent.parent
_PARTS = ("core", "agent")
_MAKERS = ("bundle.py", "lean.py")  # what they do to the sources is in the archive too
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAIN = b"from edgeprof.agent.__main__ import main\n\nmain()\n"


@dataclass(frozen=True)
class Bundle:
    """`key` names the sources it was made of, and by and is in the file's name; `digest` is of the file's content."""

    path: Path
    digest: str
    key: str


def bundle(folder: Path) -> Bundle:
    """The agent's archive in `folder`, and beside it its byte code, made unless they are there as they were made."""
    sources = _sources()
    made_by = b"".join((_PACKAGE / "targets" / name).read_bytes() for name in _MAKERS)
    key = digest_of_bytes(made_by + b"".join(name.encode() + content for name, content in sources.items()))[:16]
    path = folder / f"edgeprof-agent-{key}.pyz"
    digest = _digest_as_made(path)
    if digest is None:
        write_atomically(path, _archive(sources))
        digest = _note_digest(path)
    compiled = Path(compiled_path(str(path)))
    if _digest_as_made(compiled) is None:
        add_byte_code(str(path))
        _note_digest(compiled)
    return Bundle(path, digest, key)


def _sources() -> dict[str, bytes]:
    files = [_PACKAGE / "__init__.py"]
    for part in _PARTS:
        files += sorted((_PACKAGE / part).rglob("*.py"))
    return {f"edgeprof/{file.relative_to(_PACKAGE).as_posix()}": file.read_bytes() for file in files}


def _archive(sources: dict[str, bytes]) -> bytes:
    """Sources alone, since every Python reads them and each has a byte code of its own; small, since they are sent."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {"__main__.py": _MAIN, **sources}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), lean(content), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def _digest_as_made(path: Path) -> str | None:
    """Of a file that is as it was when it was made, and nobody else's."""
    note = _note(path)
    try:
        if not all(is_trusted(each.lstat()) and not each.is_symlink() for each in (path, note)):
            return None
        digest = digest_of_file(path)
        return digest if note.read_text() == digest else None
    except (OSError, UnicodeDecodeError):
        return None


def _note_digest(path: Path) -> str:
    digest = digest_of_file(path)
    write_atomically(_note(path), digest.encode())
    return digest


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
