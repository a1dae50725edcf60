"""`edgeprof models`: what can be asked for by name."""

from __future__ import annotations

from collections.abc import Iterator

from edgeprof.convert import sources
from edgeprof.convert.aliases import ALIASES
from edgeprof.convert.cache import Cache


def list_models(pattern: str, cache: Cache) -> Iterator[str]:
    """timm's names that match, then edgeprof's shorter names for some of them."""
    yield from sources.list_models(pattern, cache)
    for short in sources.matching(pattern, sorted(ALIASES)):
        yield f"{short} (timm's {ALIASES[short]})"
