"""From a command's flags to the request, the cache and the folder that its workflow takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgeprof.config import Request
    from edgeprof.workflow.workshop import Workshop


def request_of(flags: Mapping[str, Any]) -> Request:
    """The request that these flags, the environment and the nearest edgeprof.yaml make."""
    from edgeprof.config import load_request

    given = {key: tuple(value) if isinstance(value, list) else value for key, value in flags.items()}
    return load_request(given, cwd=Path.cwd(), environ=os.environ)


def workshop_of(*, quiet: bool = False, verify: bool = False) -> Workshop:
    """The user's cache and measurements, and a terminal that listens."""
    from edgeprof.cli.terminal import Terminal
    from edgeprof.convert.cache import Cache
    from edgeprof.store.measurements import default_folder
    from edgeprof.workflow.workshop import Workshop

    return Workshop(Cache.default(verify=verify), default_folder(os.environ), Terminal(quiet=quiet))


def mib_of(text: str, flag: str) -> float:
    """A size from a flag; a bare number is MiB."""
    from edgeprof.config.quantity import amount_of
    from edgeprof.core.errors import ConfigError

    try:
        size = amount_of(text, "MiB")
        if size < 0:
            raise ValueError("below 0")
        return size
    except ValueError as error:
        raise ConfigError(f'{flag} is "{text}", expected a size', "write 900MiB or 20GiB") from error
