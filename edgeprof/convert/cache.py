"""Artefacts on disk, each in a folder named by the digest of what made it: whole, checked, oldest given up first."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeprof.convert.product import located
from edgeprof.core.artefact import Artefact
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConvertError
from edgeprof.core.files import digest_of_bytes, digest_of_file, digest_of_json, is_trusted, locked, write_atomically

_CARD = "entry.json"
# A folder this young may belong to a process that has not locked it yet.
_SETTLED_S = 60.0
_PAUSE_S = 0.1
_HINT = "set EDGEPROF_CACHE to a folder that you may write, with space in it"


@dataclass(frozen=True)
class Entry:
    key: str
    model: str
    form: str
    size_bytes: int
    last_used: float  # seconds since the epoch


@dataclass(frozen=True)
class Cache:
    root: Path
    verify: bool = False  # check every file's digest at each use, not only its size and stamp

    @classmethod
    def default(cls, *, verify: bool = False) -> Cache:
        named = os.environ.get("EDGEPROF_CACHE")
        if named:
            return cls(Path(named).expanduser().absolute(), verify)
        return cls(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "edgeprof", verify)

    def find(self, key: str, say: Callable[[str], None]) -> Artefact | None:
        """The artefact under the key; one that rotted is thrown away and said."""
        self.expect_ours()
        folder = self._entries / key
        if not os.path.lexists(folder):
            return None
        try:
            artefact = _sound(folder, verify=self.verify)
        except (OSError, ValueError, KeyError, TypeError) as error:
            say(f"the cached artefact is damaged ({error}), making it again")
            self._discard(folder)
            return None
        with suppress(OSError):  # a cache that is only readable still serves
            os.utime(folder / _CARD)
        return located(artefact, folder)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder to build an entry in; gone afterwards unless it was kept."""
        self.expect_ours()
        with self._telling():
            self._entries.mkdir(parents=True, exist_ok=True)
            self._building.mkdir(exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._building))
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # freed by the kernel: how others see that we are gone
            yield folder
        finally:
            os.close(handle)
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def alone(self, what: str, say: Callable[[str], None]) -> Iterator[None]:
        """Make what this names while nobody else does: one builds, the other waits and finds it made."""
        self.expect_ours()

        def pause() -> bool:
            time.sleep(_PAUSE_S)
            return False

        with ExitStack() as stack:
            with self._telling():
                self._locks.mkdir(parents=True, exist_ok=True)
                path, holder = self._locks / digest_of_bytes(what.encode()), f"process {os.getpid()}"
                waiting = "waiting for {}, which converts the same".format
                stack.enter_context(locked(path, holder, lambda other: say(waiting(other)), pause))
            yield

    def keep(self, key: str, folder: Path, artefact: Artefact, say: Callable[[str], None]) -> Artefact:
        """Make the folder the entry of the key. Who comes second to the same key takes the first one's."""
        with self._telling():
            files = {path.name: _stamp(path) for path in sorted(folder.iterdir())}
            _write_card(folder, artefact, files)
            try:
                os.rename(folder, self._entries / key)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                    raise
                there = self.find(key, say)
                if there:
                    return there
                os.rename(folder, self._entries / key)
        return located(artefact, self._entries / key)

    def entries(self) -> list[Entry]:
        """What is kept, the least recently used first."""
        self.expect_ours()
        found = [_entry(folder) for folder in _subfolders(self._entries)]
        return sorted(found, key=lambda entry: entry.last_used)

    def gc(self, cap_bytes: int, keep: str | None = None) -> list[Entry]:
        """Give up entries, least recently used first, until the rest fits; `keep` is a path inside one that stays."""
        self._sweep()
        entries = self.entries()
        total, removed = sum(entry.size_bytes for entry in entries), []
        for entry in entries:
            if total <= cap_bytes:
                break
            if keep and Path(keep).parent.name == entry.key:
                continue
            self._discard(self._entries / entry.key)
            total -= entry.size_bytes
            removed.append(entry)
        return removed

    def clear(self) -> list[Entry]:
        """Give up everything, the remembered facts too."""
        removed = self.gc(-1)
        for folder in (self._facts, self._locks):
            with self._telling(), suppress(FileNotFoundError):
                shutil.rmtree(folder)
        return removed

    def recall(self, key: str) -> dict[str, Any] | None:
        """A remembered fact, None where it was never remembered or cannot be read."""
        self.expect_ours()
        try:
            fact = json.loads(self._fact(key).read_bytes())
        except (OSError, ValueError):
            return None
        return fact if isinstance(fact, dict) else None

    def remember(self, key: str, fact: Mapping[str, Any]) -> None:
        self.expect_ours()
        with suppress(OSError):  # not to remember costs time later, and nothing else
            write_atomically(self._fact(key), json.dumps(plain(fact)))

    @property
    def agents(self) -> Path:
        """Where the agent's bundle is kept."""
        return self.root / "agent"

    @property
    def _entries(self) -> Path:
        return self.root / "artefacts"

    @property
    def _building(self) -> Path:
        return self.root / "building"

    @property
    def _facts(self) -> Path:
        return self.root / "facts"

    @property
    def _locks(self) -> Path:
        return self.root / "locks"

    def _fact(self, key: str) -> Path:
        return self._facts / f"{digest_of_bytes(key.encode())}.json"

    def expect_ours(self) -> None:
        """Refuse a root, or a folder of ours in it, that a stranger made or that leads somewhere a stranger chose."""
        if self.root.is_symlink():
            if not self.root.is_dir():
                raise ConvertError(f'the cache "{self.root}" is a link to nowhere', _HINT)
            if self.root.stat().st_uid != os.geteuid():
                raise ConvertError(f'the cache "{self.root}" is a link to a folder that is not yours', _HINT)
        elif os.path.lexists(self.root) and not self.root.is_dir():
            raise ConvertError(f'the cache "{self.root}" is not a folder', _HINT)
        for folder in (self.root, self.agents, self._entries, self._building, self._facts, self._locks):
            with self._telling(), suppress(FileNotFoundError, NotADirectoryError):
                if folder != self.root and folder.is_symlink():
                    raise ConvertError(f'"{folder}" in the cache is a link, which edgeprof never makes', _HINT)
                if not is_trusted(folder.stat()):
                    raise ConvertError(f'"{folder}" in the cache belongs to another user', _HINT)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ConvertError(f'no space left in the cache "{self.root}"', _HINT) from error
            raise ConvertError(f'the cache "{self.root}" cannot be written: {error.strerror}', _HINT) from error

    def _discard(self, folder: Path) -> None:
        """Out of sight in one step, then deleted; a link is removed, what it points to is left alone."""
        with self._telling(), suppress(FileNotFoundError):  # another process was quicker
            if folder.is_symlink() or not folder.is_dir():
                folder.unlink()
                return
            self._building.mkdir(exist_ok=True)
            doomed = Path(tempfile.mkdtemp(dir=self._building))
            os.rename(folder, doomed / "doomed")
            shutil.rmtree(doomed)

    def _sweep(self) -> None:
        """Remove what processes that were killed had begun."""
        for folder in _subfolders(self._building):
            with suppress(OSError):
                handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if _age_s(folder) > _SETTLED_S:
                        shutil.rmtree(folder)
                finally:
                    os.close(handle)


def _sound(folder: Path, *, verify: bool) -> Artefact:
    """The entry's artefact; any of OSError, ValueError, KeyError, TypeError says what is wrong with it."""
    if folder.is_symlink():
        raise ValueError("it is a link")
    if not is_trusted(folder.stat()):
        raise ValueError("it belongs to another user")
    card = json.loads((folder / _CARD).read_bytes())
    if card["digest"] != digest_of_json([card["artefact"], card["files"]]):
        raise ValueError("its card was changed")
    restamp = False
    for name, stamp in card["files"].items():
        seen = _stamp_of(folder / name)
        if seen["bytes"] != stamp["bytes"]:
            raise ValueError(f"{name} has {seen['bytes']} bytes, expected {stamp['bytes']}")
        if verify or seen["mtime_ns"] != stamp["mtime_ns"]:
            if digest_of_file(folder / name) != stamp["sha256"]:
                raise ValueError(f"{name} has other bytes than it was written with")
            restamp = restamp or seen["mtime_ns"] != stamp["mtime_ns"]
            stamp.update(seen)
    artefact = restore(Artefact, card["artefact"])
    if restamp:  # restored from a backup, or copied: the same bytes, new stamps
        with suppress(OSError):
            _write_card(folder, artefact, card["files"])
    return artefact


def _write_card(folder: Path, artefact: Artefact, files: Mapping[str, Any]) -> None:
    described = plain(artefact)
    card = {"artefact": described, "files": files, "digest": digest_of_json([described, files])}
    write_atomically(folder / _CARD, json.dumps(card))


def _stamp(path: Path) -> dict[str, Any]:
    return {**_stamp_of(path), "sha256": digest_of_file(path)}


def _stamp_of(path: Path) -> dict[str, Any]:
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link")
    status = path.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def _entry(folder: Path) -> Entry:
    size = sum(path.lstat().st_size for path in folder.rglob("*"))
    try:
        card = json.loads((folder / _CARD).read_bytes())
        model, form = str(card["artefact"]["model"]), str(card["artefact"]["form"])
        return Entry(folder.name, model, form, size, (folder / _CARD).stat().st_mtime)
    except (OSError, ValueError, KeyError, TypeError):
        return Entry(folder.name, "damaged", "", size, 0.0)


def _subfolders(parent: Path) -> list[Path]:
    try:
        return [Path(item.path) for item in os.scandir(parent) if item.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _age_s(folder: Path) -> float:
    from datetime import datetime

    return datetime.now().timestamp() - folder.stat().st_mtime
