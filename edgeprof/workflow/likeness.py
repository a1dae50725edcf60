"""Which kinds of device a board may be, among the profiles that the user has."""

from __future__ import annotations

import os
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
    file = nearest_request_file(Path.cwd())
    home = own_folder(os.environ)
    known = profiles(folders(home / "profiles" if home else None, file.parent if file else None))
    if own is not None:
        known = {**known, own.name: own}
    return tuple(
        Likeness(found.profile.name, found.profile.title, found.sureness, found.reasons)
        for found in match(board, known.values())
    )
