"""Pack core and agent into one file that any Python from 3.8 runs: the same bytes for the same sources."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from edgeprof.core.files import digest_of_bytes, write_atomically

_PACKAGE = Path(__file__).resolve().parent.parent
_PARTS = ("core", "agent")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAIN = "from edgeprof.agent.__main__ import main\n\nmain()\n"


@dataclass(frozen=True)
class Bundle:
    path: Path
    digest: str


def bundle(folder: Path) -> Bundle:
    """The agent's archive in `folder`, written unless it is there already, whole."""
    content = _archive()
    digest = digest_of_bytes(content)
    path = folder / f"edgeprof-agent-{digest[:16]}.pyz"
    if not (path.is_file() and path.read_bytes() == content):
        write_atomically(path, content)
    return Bundle(path, digest)


def _archive() -> bytes:
    sources = [_PACKAGE / "__init__.py"]
    for part in _PARTS:
        sources += sorted((_PACKAGE / part).rglob("*.py"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "__main__.py", _MAIN.encode())
        for source in sources:
            _add(archive, f"edgeprof/{source.relative_to(_PACKAGE).as_posix()}", source.read_bytes())
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
