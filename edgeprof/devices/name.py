"""What a word means among the profiles: one by its name or path, several by their family's name, or none."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from edgeprof.core.profile import Found
from edgeprof.devices.load import profile_named, profiles, read_profile


def find(word: str, base: str, places: Sequence[Path]) -> Found:
    """A path starts at `base`. A family's name is never taken for one of its members, however few there are."""
    if not word.isprintable():
        return Found()
    if is_path(word):
        return Found(read_profile(Path(base, os.path.expanduser(word)), word))
    name = _plain(word)
    exact = profile_named(name, places)
    if exact:
        return Found(exact)
    known = profiles(places)
    family = tuple(profile for profile in known.values() if name in profile.families)
    if family:
        return Found(family=family)
    words = {*known, *(family for profile in known.values() for family in profile.families)}
    return Found(near=tuple(get_close_matches(name, sorted(words), n=3)))


def is_path(word: str) -> bool:
    return "/" in word or word.endswith((".yaml", ".yml"))


def _plain(word: str) -> str:
    """AGX_Orin 64GB is written agx-orin-64gb."""
    return word.strip().lower().replace("_", "-").replace(" ", "-")
