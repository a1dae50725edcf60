"""Plans kept on the device, each under everything without which it is another plan, or does not load."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import escape, glob
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Iterator, Optional

from edgeprof.agent.clearing import make_room
from edgeprof.agent.cuda import Gpu
from edgeprof.agent.shelf import Refused, finish, is_verified, note_use, roots, usable_root
from edgeprof.agent.trt.library import Library
from edgeprof.agent.trt.order import BuildOrder, Built, BuiltFor, key_of
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConvertError
from edgeprof.core.files import DISK_IS_FULL, digest_of_bytes

_PLAN, _BUILT = ".plan", ".built.json"


@dataclass(frozen=True)
class Kept:
    """A plan's file, named after its own digest and its key; and what its builder told."""

    path: Path
    told_at: Path
    built: Built

    @property
    def digest(self) -> str:
        return self.path.name.partition("-")[0]

    def drop(self) -> None:
        for path in (self.path, self.told_at):
            _drop(path)


def key_for(artefact: str, order: BuildOrder, library: Library, gpu: Gpu) -> str:
    """Of a plan for this card."""
    return key_of(artefact, order, library, card_for(gpu))


def card_for(gpu: Gpu) -> BuiltFor:
    """What of a card a plan depends on: its name, its generation and its driver."""
    return BuiltFor(f"{gpu.name} {gpu.capability}", gpu.driver)


def root() -> Path:
    """Where this device keeps files."""
    found, passed_over = usable_root(roots(os.environ))
    if not found:
        why = "; ".join(f"{path}: {words}" for path, words in passed_over)
        raise ConvertError(f"there is no folder for plans: {why}", "set XDG_CACHE_HOME to one that can be written")
    return Path(found)


def find(key: str, within: Path) -> Optional[Kept]:
    plan, told = (_file(key, suffix, within) for suffix in (_PLAN, _BUILT))
    if plan is None or told is None:
        return None
    try:
        built = restore(Built, json.loads(told.read_bytes()))
    except (OSError, ValueError):
        return None
    kept = Kept(plan, told, built)
    if kept.digest != built.digest:  # two were kept at once, and of each a half is left
        return None
    note_use(str(within), [plan.name, told.name])
    return kept


@contextmanager
def workspace(within: Path) -> Iterator[Path]:
    """A folder to build in, on the disk that the plan will be kept on."""
    with TemporaryDirectory(prefix="building-", dir=within) as folder:
        yield Path(folder)


def keep(key: str, plan: Path, built: Built, within: Path) -> Kept:
    """Take a plan out of its workspace; an older one of that key goes."""
    for suffix in (_PLAN, _BUILT):
        for old in _files(key, suffix, within):
            _drop(old)
    words = json.dumps(plain(built)).encode()
    told = plan.with_name("built.json")
    names = f"{built.digest}-{_short(key)}{_PLAN}", f"{digest_of_bytes(words)}-{_short(key)}{_BUILT}"
    try:
        told.write_bytes(words)
        make_room(str(within), 0)
        for part, name in zip((plan, told), names):
            finish(str(part), str(within / name))
    except Refused as refused:
        raise _no_space(built, within) from refused
    except OSError as error:
        if error.errno in DISK_IS_FULL:
            raise _no_space(built, within) from error
        raise ConvertError(f'the plan cannot be kept in "{within}": {error.strerror}', "make it writable") from error
    return Kept(within / names[0], within / names[1], built)


def _no_space(built: Built, within: Path) -> ConvertError:
    return ConvertError(f'no space left for a plan of {built.size_bytes} bytes in "{within}"', "free some space there")


def _drop(path: Path) -> None:
    with suppress(FileNotFoundError):  # another process was quicker
        path.unlink()


def _file(key: str, suffix: str, within: Path) -> Optional[Path]:
    for path in _files(key, suffix, within):
        try:
            if is_verified(path.name, path.lstat()):
                return path
        except FileNotFoundError:
            continue
    return None


def _files(key: str, suffix: str, within: Path) -> Iterator[Path]:
    return map(Path, glob(f"{escape(str(within))}/*-{_short(key)}{suffix}"))


def _short(key: str) -> str:
    """The shelf's names have 64 characters behind the digest."""
    return key[:40]
