"""One JSON document a measurement, written whole the moment it exists and again after each process."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import Mapping

from edgeprof.core.codec import dump_measurement, load_measurement
from edgeprof.core.errors import ConfigError
from edgeprof.core.files import write_atomically
from edgeprof.core.measurement import Measurement

_LARGEST_BYTES = 1 << 30


def default_folder(environ: Mapping[str, str]) -> Path:
    """$EDGEPROF_MEASUREMENTS, else the user's data directory."""
    if environ.get("EDGEPROF_MEASUREMENTS"):
        return Path(environ["EDGEPROF_MEASUREMENTS"])
    data = environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return Path(data) / "edgeprof" / "measurements"


def save(measurement: Measurement, folder: Path) -> Path:
    """Write it under its own name; saving it again replaces the file."""
    return write(measurement, folder / f"{measurement.id}-{_file_word(measurement.job.model)}.json")


def write(measurement: Measurement, path: Path) -> Path:
    write_atomically(path, dump_measurement(measurement))
    return path


def load(path: Path) -> Measurement:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ConfigError("too large for a measurement", where=str(path))
        return load_measurement(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from error


def newest_first(folder: Path, model: str) -> list[Path]:
    """The files of a model's measurements; their names begin with the time they were made."""
    return sorted(folder.glob(f"*-{glob.escape(_file_word(model))}.json"), reverse=True)


def saved_count(folder: Path) -> int:
    """How many measurements lie there, by their files' names: 20261120T070809Z-0a1b2c-resnet18.json."""
    return sum(1 for _ in folder.glob("[0-9]*T[0-9]*Z-*.json"))


def _file_word(model: str) -> str:
    return re.sub(r"[^\w.-]+", "-", model).strip("-.")[-60:]
