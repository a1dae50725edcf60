"""`edgeprof models`: what can be asked for by name."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from edgeprof.convert import sources
from edgeprof.convert.aliases import ALIASES
from edgeprof.convert.cache import Cache


def list_models(pattern: str, cache: Cache) -> Iterator[str]:
    """timm's names that match, then edgeprof's shorter names for some of them."""
    yield from sources.list_models(pattern, cache)
    wanted = pattern if "*" in pattern else f"*{pattern}*"
    for short, name in sorted(ALIASES.items()):
        if fnmatchcase(short, wanted):
            yield f"{short} (timm's {name})"
