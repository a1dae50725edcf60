"""The folder for what jetson_clocks stores: made for one hold, and gone once nothing needs it any more."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from edgeprof.agent import clocks
from edgeprof.agent.clocks.step import Refused

_PREFIX = "edgeprof-clocks-"


def make() -> Path:
    place = clocks.lock_path().parent
    try:
        return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=str(place)))
    except OSError as error:
        raise Refused(
            f'no folder can be made in "{place}" on the device: {error.strerror}',
            f"free some space in {place}, or leave --power-mode and --lock-clocks out",
        ) from error


def remove(folder: Path) -> None:
    """Nothing but a folder of ours, whoever says that it is one."""
    if folder.parent == clocks.lock_path().parent and folder.name.startswith(_PREFIX):
        shutil.rmtree(str(folder), ignore_errors=True)
