"""What earlier builds timed, kept in a file for later ones: whole or absent, and never trusted."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Optional

from edgeprof.agent.trt.library import Library
from edgeprof.core.files import digest_of_bytes, locked, write_atomically

_LOOK_S = 0.1
_PATIENCE_S = 30.0
_DIGEST_BYTES = 64


def path_in(folder: Path, library: Library, place: str) -> Path:
    """A file for each library and card: timings of another are wrong, and refused."""
    words = re.sub(r"[^A-Za-z0-9.]+", "-", f"{library.name} {library.version} {place}")
    return folder / f"{words}.timings"


def attach(config: Any, path: Path) -> bool:
    """Give the builder what the file holds, else an empty cache to fill; whether it took the file's."""
    earlier = _cache_of(config, path)
    if earlier is not None and config.set_timing_cache(earlier, False):
        return True
    config.set_timing_cache(config.create_timing_cache(b""), False)
    return False


def keep(config: Any, path: Path) -> None:
    """Write what was timed, with what another build wrote meanwhile. Not to keep it costs time later and no more."""
    cache = config.get_timing_cache()
    deadline = time.monotonic() + _PATIENCE_S

    def gives_up() -> bool:
        time.sleep(_LOOK_S)
        return time.monotonic() > deadline

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.with_name(path.name + ".lock"), "a build", lambda holder: None, gives_up):
            other = _cache_of(config, path)
            if other is not None:
                cache.combine(other, False)
            write(path, bytes(cache.serialize()))
    except (OSError, TimeoutError):
        return


def write(path: Path, content: bytes) -> None:
    """With its digest in front: TensorRT finds out about a broken cache in the middle of a build, or never."""
    write_atomically(path, digest_of_bytes(content).encode() + content)


def read(path: Path) -> Optional[bytes]:
    """What was written; None where there is nothing, or something else."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    digest, content = whole[:_DIGEST_BYTES], whole[_DIGEST_BYTES:]
    return content if digest_of_bytes(content).encode() == digest else None


def _cache_of(config: Any, path: Path) -> Optional[Any]:
    content = read(path)
    return config.create_timing_cache(content) if content else None
