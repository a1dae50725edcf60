"""Which version of a package is installed, without importing it."""

from __future__ import annotations

import sys
from glob import escape, glob
from typing import Optional


def installed_version(*distributions: str) -> Optional[str]:
    """The version of the first of these that is there; None where none is."""
    # importlib.metadata brings the email package: 20 ms, and 2 MiB of what is measured. The folder's name will do.
    for distribution in distributions:
        name = distribution.replace("-", "_")
        for folder in sys.path:
            for found in glob(f"{escape(folder)}/{name}-*.dist-info"):
                return found.rpartition("/")[2][len(name) + 1 : -len(".dist-info")]
    from importlib.metadata import PackageNotFoundError, version

    for distribution in distributions:
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return None
