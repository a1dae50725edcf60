"""Which kinds of device a board may be, among the profiles that the user has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from edgeprof.config.file import nearest_request_file
from edgeprof.config.own import own_folder
from edgeprof.core.board import Board
from edgeprof.core.probe import Likeness
from edgeprof.core.profile import Profile
from edgeprof.devices.load import folders, profiles
from edgeprof.devices.match import match


def likenesses_of(board: Board, own: Profile | None = None) -> tuple[Likeness, ...]:
    """Best first. `own` is the machine's profile, which may lie where no other does."""
    known = dict(_known())
    if own is not None:
        known[own.name] = own
    return tuple(
        Likeness(found.profile.name, found.profile.title, found.sureness, found.reasons)
        for found in match(board, known.values())
    )


def word_for(profile: Profile) -> str:
    """What names it on a command line: its name, or its file where a name would not find it."""
    found = _known().get(profile.name)
    is_found = found is not None and os.path.realpath(found.origin) == os.path.realpath(profile.origin)
    return profile.name if is_found or not profile.origin else os.path.abspath(profile.origin)


def _known() -> Mapping[str, Profile]:
    file = nearest_request_file(Path.cwd())
    return profiles(folders(own_folder(os.environ), file.parent if file else None))
