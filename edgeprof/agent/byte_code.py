"""Adds to the agent's archive of sources one with this Python's byte code, which saves compiling at every start."""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from importlib.util import MAGIC_NUMBER, source_hash
from typing import Tuple

_UNCHECKED = (1).to_bytes(4, "little")  # PEP 552: the source need not be looked at


def compiled_path(archive: str, version: Tuple[int, int] = sys.version_info[:2]) -> str:
    """Where the byte code of one Python lies, beside the archive."""
    return "{}.{}{}.pyz".format(archive[: -len(".pyz")], *version)


def add_byte_code(archive: str) -> str:
    """Written whole or not at all; the sources are in it too, for tracebacks."""
    import zipfile

    made = compiled_path(archive)
    handle, part = tempfile.mkstemp(dir=os.path.dirname(archive), suffix=".part")
    os.close(handle)
    try:
        with zipfile.ZipFile(archive) as sources, zipfile.ZipFile(part, "w") as compiled:
            for entry in sources.infolist():
                content = sources.read(entry)
                source = zipfile.ZipInfo(entry.filename, entry.date_time)
                compiled.writestr(source, content, zipfile.ZIP_DEFLATED)  # read for tracebacks only
                if entry.filename.endswith(".py"):
                    name = zipfile.ZipInfo(f"{entry.filename}c", entry.date_time)
                    compiled.writestr(name, _byte_code(entry.filename, content))
        os.chmod(part, 0o444)
        os.replace(part, made)
    except BaseException:
        os.unlink(part)
        raise
    return made


def _byte_code(name: str, source: bytes) -> bytes:
    code = compile(source, name, "exec", dont_inherit=True)
    return MAGIC_NUMBER + _UNCHECKED + source_hash(source) + marshal.dumps(code)
