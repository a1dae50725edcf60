"""A model becomes an artefact: resolved, exported in a process of its own, given references, and cached."""

from edgeprof.convert.production import known, produce

__all__ = ["known", "produce"]
